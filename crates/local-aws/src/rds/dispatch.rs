//! From a request on the wire to a handler, and back.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use winterbaume_core::MockResponse;
use winterbaume_rds::{model, wire};

use super::core::Core;
use super::fault::{self, Fault};
use super::groups::Level;
use super::state::Group;

type Form = HashMap<String, String>;

/// Reads the form, from the body or from the query string.
fn form(request: &http::Request<Bytes>) -> Form {
    let query = request.uri().query().unwrap_or_default().as_bytes();
    form_urlencoded::parse(query)
        .chain(form_urlencoded::parse(request.body()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// One of winterbaume's parsers, with its refusals as RDS's.
pub(super) fn read<T>(parse: fn(&Form) -> Result<T, String>, form: &Form) -> Result<T, Fault> {
    parse(form).map_err(|trouble| fault::INVALID_VALUE.because(trouble))
}

impl Core {
    pub async fn call(self: &Arc<Self>, request: http::Request<Bytes>) -> http::Response<Bytes> {
        let form = form(&request);
        let action = form.get("Action").map(String::as_str).unwrap_or_default();
        match self.answer(action, &form).await {
            Ok(answer) => {
                let mut response = http::Response::new(answer.body);
                *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or_default();
                *response.headers_mut() = answer.headers;
                response
            }
            Err(fault) => {
                tracing::debug!(action, code = fault.code.0, message = fault.message, "refused");
                fault.response()
            }
        }
    }

    async fn answer(self: &Arc<Self>, action: &str, form: &Form) -> Result<MockResponse, Fault> {
        if self.state().closed {
            return Err(fault::UNAVAILABLE.because("The embedded RDS was shut down."));
        }
        let pace = &self.options.transitions;
        Ok(match action {
            "CreateDBCluster" => {
                let asked = read(wire::deserialize_create_d_b_cluster_request, form)?;
                wire::serialize_create_d_b_cluster_response(&self.create_cluster(asked, pace).await?)
            }
            "RestoreDBClusterToPointInTime" => {
                let asked = read(
                    wire::deserialize_restore_d_b_cluster_to_point_in_time_request,
                    form,
                )?;
                wire::serialize_restore_d_b_cluster_to_point_in_time_response(&self.restore_cluster(asked)?)
            }
            "DescribeDBClusters" => {
                let asked = read(wire::deserialize_describe_d_b_clusters_request, form)?;
                wire::serialize_describe_d_b_clusters_response(&self.describe_clusters(&asked)?)
            }
            "ModifyDBCluster" => {
                let asked = read(wire::deserialize_modify_d_b_cluster_request, form)?;
                wire::serialize_modify_d_b_cluster_response(&self.modify_cluster(asked)?)
            }
            "DeleteDBCluster" => {
                let asked = read(wire::deserialize_delete_d_b_cluster_request, form)?;
                wire::serialize_delete_d_b_cluster_response(&self.delete_cluster(&asked)?)
            }
            "StartDBCluster" => {
                let asked = read(wire::deserialize_start_d_b_cluster_request, form)?;
                wire::serialize_start_d_b_cluster_response(&self.start_cluster(&asked)?)
            }
            "StopDBCluster" => {
                let asked = read(wire::deserialize_stop_d_b_cluster_request, form)?;
                wire::serialize_stop_d_b_cluster_response(&self.stop_cluster(&asked)?)
            }
            "CreateDBInstance" => {
                let asked = read(wire::deserialize_create_d_b_instance_request, form)?;
                wire::serialize_create_d_b_instance_response(&self.create_instance(asked, pace)?)
            }
            "DescribeDBInstances" => {
                let asked = read(wire::deserialize_describe_d_b_instances_request, form)?;
                wire::serialize_describe_d_b_instances_response(&self.describe_instances(&asked)?)
            }
            "ModifyDBInstance" => {
                let asked = read(wire::deserialize_modify_d_b_instance_request, form)?;
                wire::serialize_modify_d_b_instance_response(&self.modify_instance(asked)?)
            }
            "RebootDBInstance" => {
                let asked = read(wire::deserialize_reboot_d_b_instance_request, form)?;
                wire::serialize_reboot_d_b_instance_response(&self.reboot_instance(&asked)?)
            }
            "DeleteDBInstance" => {
                let asked = read(wire::deserialize_delete_d_b_instance_request, form)?;
                wire::serialize_delete_d_b_instance_response(&self.delete_instance(&asked)?)
            }
            _ => match self
                .answer_about_proxies(action, form)
                .or_else(|| self.answer_about_things(action, form))
            {
                Some(answer) => answer?,
                None => self.answer_about_groups(action, form)?,
            },
        })
    }

    /// Tags, snapshots, backups, the catalog; `None` if the action is none of these.
    fn answer_about_things(
        self: &Arc<Self>,
        action: &str,
        form: &Form,
    ) -> Option<Result<MockResponse, Fault>> {
        Some(match action {
            "AddTagsToResource" => read(wire::deserialize_add_tags_to_resource_request, form)
                .and_then(|asked| self.add_tags(&asked.resource_name, &asked.tags))
                .map(|()| wire::serialize_add_tags_to_resource_response()),
            "RemoveTagsFromResource" => read(wire::deserialize_remove_tags_from_resource_request, form)
                .and_then(|asked| self.remove_tags(&asked.resource_name, &asked.tag_keys))
                .map(|()| wire::serialize_remove_tags_from_resource_response()),
            "ListTagsForResource" => read(wire::deserialize_list_tags_for_resource_request, form)
                .and_then(|asked| self.list_tags(&asked.resource_name))
                .map(|tags| wire::serialize_list_tags_for_resource_response(&tags)),
            "CreateDBClusterSnapshot" => read(wire::deserialize_create_d_b_cluster_snapshot_request, form)
                .and_then(|asked| self.create_snapshot(asked))
                .map(|made| wire::serialize_create_d_b_cluster_snapshot_response(&made)),
            "DeleteDBClusterSnapshot" => read(wire::deserialize_delete_d_b_cluster_snapshot_request, form)
                .and_then(|asked| self.delete_snapshot(&asked))
                .map(|gone| wire::serialize_delete_d_b_cluster_snapshot_response(&gone)),
            "DescribeDBClusterSnapshots" => {
                read(wire::deserialize_describe_d_b_cluster_snapshots_request, form)
                    .and_then(|asked| self.describe_cluster_snapshots(&asked))
                    .map(|list| wire::serialize_describe_d_b_cluster_snapshots_response(&list))
            }
            "DescribeDBSnapshots" => read(wire::deserialize_describe_d_b_snapshots_request, form)
                .and_then(|asked| self.describe_snapshots(&asked))
                .map(|list| wire::serialize_describe_d_b_snapshots_response(&list)),
            "DescribeDBClusterAutomatedBackups" => read(
                wire::deserialize_describe_d_b_cluster_automated_backups_request,
                form,
            )
            .and_then(|asked| self.describe_backups(&asked))
            .map(|list| wire::serialize_describe_d_b_cluster_automated_backups_response(&list)),
            "DeleteDBClusterAutomatedBackup" => read(
                wire::deserialize_delete_d_b_cluster_automated_backup_request,
                form,
            )
            .and_then(|asked| self.delete_backup(&asked))
            .map(|gone| wire::serialize_delete_d_b_cluster_automated_backup_response(&gone)),
            "DescribeOrderableDBInstanceOptions" => read(
                wire::deserialize_describe_orderable_d_b_instance_options_request,
                form,
            )
            .and_then(|asked| self.orderable(&asked))
            .map(|list| wire::serialize_describe_orderable_d_b_instance_options_response(&list)),
            "DescribeAccountAttributes" => Ok(wire::serialize_describe_account_attributes_response(
                &self.account_attributes(),
            )),
            "EnableHttpEndpoint" => {
                read(wire::deserialize_enable_http_endpoint_request, form).and_then(|asked| {
                    self.http_endpoint(&asked.resource_arn, true)?;
                    let answer = model::EnableHttpEndpointResponse {
                        http_endpoint_enabled: Some(true),
                        resource_arn: Some(asked.resource_arn),
                    };
                    Ok(wire::serialize_enable_http_endpoint_response(&answer))
                })
            }
            "DisableHttpEndpoint" => {
                read(wire::deserialize_disable_http_endpoint_request, form).and_then(|asked| {
                    self.http_endpoint(&asked.resource_arn, false)?;
                    let answer = model::DisableHttpEndpointResponse {
                        http_endpoint_enabled: Some(false),
                        resource_arn: Some(asked.resource_arn),
                    };
                    Ok(wire::serialize_disable_http_endpoint_response(&answer))
                })
            }
            _ => return None,
        })
    }

    fn answer_about_groups(&self, action: &str, form: &Form) -> Result<MockResponse, Fault> {
        Ok(match action {
            "CreateDBClusterParameterGroup" => {
                let asked = read(wire::deserialize_create_d_b_cluster_parameter_group_request, form)?;
                let (name, family) = (
                    &asked.d_b_cluster_parameter_group_name,
                    &asked.d_b_parameter_group_family,
                );
                let made = self.create_group(Level::Cluster, name, family, &asked.description, asked.tags)?;
                let shown = cluster_group(&made, self.arn("cluster-pg", &made.name));
                let answer = model::CreateDBClusterParameterGroupResult {
                    d_b_cluster_parameter_group: Some(shown),
                };
                wire::serialize_create_d_b_cluster_parameter_group_response(&answer)
            }
            "CreateDBParameterGroup" => {
                let asked = read(wire::deserialize_create_d_b_parameter_group_request, form)?;
                let (name, family) = (&asked.d_b_parameter_group_name, &asked.d_b_parameter_group_family);
                let made =
                    self.create_group(Level::Instance, name, family, &asked.description, asked.tags)?;
                let shown = instance_group(&made, self.arn("pg", &made.name));
                let answer = model::CreateDBParameterGroupResult {
                    d_b_parameter_group: Some(shown),
                };
                wire::serialize_create_d_b_parameter_group_response(&answer)
            }
            "ModifyDBClusterParameterGroup" => {
                let asked = read(wire::deserialize_modify_d_b_cluster_parameter_group_request, form)?;
                let name = self.modify_group(
                    Level::Cluster,
                    &asked.d_b_cluster_parameter_group_name,
                    asked.parameters,
                )?;
                let answer = model::DBClusterParameterGroupNameMessage {
                    d_b_cluster_parameter_group_name: Some(name),
                };
                wire::serialize_modify_d_b_cluster_parameter_group_response(&answer)
            }
            "ModifyDBParameterGroup" => {
                let asked = read(wire::deserialize_modify_d_b_parameter_group_request, form)?;
                let name =
                    self.modify_group(Level::Instance, &asked.d_b_parameter_group_name, asked.parameters)?;
                let answer = model::DBParameterGroupNameMessage {
                    d_b_parameter_group_name: Some(name),
                };
                wire::serialize_modify_d_b_parameter_group_response(&answer)
            }
            "DeleteDBClusterParameterGroup" => {
                let asked = read(wire::deserialize_delete_d_b_cluster_parameter_group_request, form)?;
                self.delete_group(Level::Cluster, &asked.d_b_cluster_parameter_group_name)?;
                wire::serialize_delete_d_b_cluster_parameter_group_response()
            }
            "DeleteDBParameterGroup" => {
                let asked = read(wire::deserialize_delete_d_b_parameter_group_request, form)?;
                self.delete_group(Level::Instance, &asked.d_b_parameter_group_name)?;
                wire::serialize_delete_d_b_parameter_group_response()
            }
            "CreateDBSubnetGroup" => {
                let asked = read(wire::deserialize_create_d_b_subnet_group_request, form)?;
                wire::serialize_create_d_b_subnet_group_response(&self.create_subnets(asked)?)
            }
            "DescribeDBSubnetGroups" => {
                let asked = read(wire::deserialize_describe_d_b_subnet_groups_request, form)?;
                wire::serialize_describe_d_b_subnet_groups_response(&self.describe_subnets(&asked)?)
            }
            "DeleteDBSubnetGroup" => {
                let asked = read(wire::deserialize_delete_d_b_subnet_group_request, form)?;
                self.delete_subnets(&asked.d_b_subnet_group_name)?;
                wire::serialize_delete_d_b_subnet_group_response()
            }
            _ => return self.answer_with_groups(action, form),
        })
    }

    /// The Describe calls of parameter groups; nothing else is left.
    fn answer_with_groups(&self, action: &str, form: &Form) -> Result<MockResponse, Fault> {
        Ok(match action {
            "DescribeDBClusterParameterGroups" => {
                let asked = read(
                    wire::deserialize_describe_d_b_cluster_parameter_groups_request,
                    form,
                )?;
                let name = asked.d_b_cluster_parameter_group_name.as_deref();
                let part = (asked.marker.as_deref(), asked.max_records);
                let (items, marker) = self.find_groups(Level::Cluster, name, part, cluster_group)?;
                let d_b_cluster_parameter_groups = Some(model::DBClusterParameterGroupList { items });
                let answer = model::DBClusterParameterGroupsMessage {
                    d_b_cluster_parameter_groups,
                    marker,
                };
                wire::serialize_describe_d_b_cluster_parameter_groups_response(&answer)
            }
            "DescribeDBParameterGroups" => {
                let asked = read(wire::deserialize_describe_d_b_parameter_groups_request, form)?;
                let name = asked.d_b_parameter_group_name.as_deref();
                let part = (asked.marker.as_deref(), asked.max_records);
                let (items, marker) = self.find_groups(Level::Instance, name, part, instance_group)?;
                let d_b_parameter_groups = Some(model::DBParameterGroupList { items });
                let answer = model::DBParameterGroupsMessage {
                    d_b_parameter_groups,
                    marker,
                };
                wire::serialize_describe_d_b_parameter_groups_response(&answer)
            }
            "DescribeDBClusterParameters" => {
                let asked = read(wire::deserialize_describe_d_b_cluster_parameters_request, form)?;
                let (name, source) = (&asked.d_b_cluster_parameter_group_name, asked.source.as_deref());
                let part = (asked.marker.as_deref(), asked.max_records);
                let (parameters, marker) = self.describe_parameters(Level::Cluster, name, source, part)?;
                let answer = model::DBClusterParameterGroupDetails {
                    marker,
                    parameters: Some(parameters),
                };
                wire::serialize_describe_d_b_cluster_parameters_response(&answer)
            }
            "DescribeDBParameters" => {
                let asked = read(wire::deserialize_describe_d_b_parameters_request, form)?;
                let (name, source) = (&asked.d_b_parameter_group_name, asked.source.as_deref());
                let part = (asked.marker.as_deref(), asked.max_records);
                let (parameters, marker) = self.describe_parameters(Level::Instance, name, source, part)?;
                let answer = model::DBParameterGroupDetails {
                    marker,
                    parameters: Some(parameters),
                };
                wire::serialize_describe_d_b_parameters_response(&answer)
            }
            "" => return Err(fault::MISSING.because("The request must contain the parameter Action.")),
            _ => {
                return Err(fault::INVALID_ACTION
                    .because(format!("The embedded RDS does not know the action {action}.")));
            }
        })
    }
}

fn cluster_group(group: &Group, arn: String) -> model::DBClusterParameterGroup {
    model::DBClusterParameterGroup {
        d_b_cluster_parameter_group_arn: Some(arn),
        d_b_cluster_parameter_group_name: Some(group.name.clone()),
        d_b_parameter_group_family: Some(group.family.clone()),
        description: Some(group.description.clone()),
    }
}

fn instance_group(group: &Group, arn: String) -> model::DBParameterGroup {
    model::DBParameterGroup {
        d_b_parameter_group_arn: Some(arn),
        d_b_parameter_group_name: Some(group.name.clone()),
        d_b_parameter_group_family: Some(group.family.clone()),
        description: Some(group.description.clone()),
    }
}
