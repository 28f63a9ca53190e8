//! Parameter groups and subnet groups.

use winterbaume_rds::model;

use super::core::Core;
use super::fault::{self, Fault, required};
use super::list::{Filters, page};
use super::state::{Group, State, SubnetGroup};
use crate::engine::{Engine, EngineKind, Parameters};

/// Which of the two tables of parameter groups a call means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Cluster,
    Instance,
}

impl Level {
    fn groups(self, state: &mut State) -> &mut std::collections::BTreeMap<String, Group> {
        match self {
            Self::Cluster => &mut state.cluster_groups,
            Self::Instance => &mut state.instance_groups,
        }
    }

    /// Its part of an ARN.
    fn arn_kind(self) -> &'static str {
        match self {
            Self::Cluster => "cluster-pg",
            Self::Instance => "pg",
        }
    }
}

fn not_found(name: &str) -> Fault {
    fault::GROUP_NOT_FOUND.because(format!("DBParameterGroup not found: {name}"))
}

impl Core {
    pub fn create_group(
        &self,
        level: Level,
        name: &str,
        family: &str,
        description: &str,
        tags: Option<model::TagList>,
    ) -> Result<Group, Fault> {
        let name = required(name, "DBParameterGroupName")?.to_lowercase();
        let family = required(family, "DBParameterGroupFamily")?;
        required(description, "Description")?;
        if kind_of_family(family).is_none() {
            return Err(fault::INVALID_VALUE.because(format!(
                "ParameterGroupFamily {family} is not a valid parameter group family"
            )));
        }
        let group = || Group {
            name: name.clone(),
            family: family.to_owned(),
            description: description.to_owned(),
            parameters: Parameters::default(),
            tags: tags.clone().unwrap_or_default(),
        };
        self.update(|state| {
            if level.groups(state).contains_key(&name) || name.starts_with("default.") {
                return Err(fault::GROUP_EXISTS.because(format!("Parameter group {name} already exists")));
            }
            level.groups(state).insert(name.clone(), group());
            Ok(group())
        })
    }

    /// Sets parameters. Servers that use the group see them at their next start.
    pub fn modify_group(
        &self,
        level: Level,
        name: &str,
        wanted: model::ParametersList,
    ) -> Result<String, Fault> {
        let name = required(name, "DBParameterGroupName")?.to_lowercase();
        self.update(|state| {
            if name.starts_with("default.") {
                return Err(fault::GROUP_STATE.because("A default parameter group can't be modified."));
            }
            let group = level
                .groups(state)
                .get_mut(&name)
                .ok_or_else(|| not_found(&name))?;
            for parameter in wanted.items {
                let key = required(
                    parameter.parameter_name.as_deref().unwrap_or_default(),
                    "ParameterName",
                )?;
                let value = parameter.parameter_value.unwrap_or_default();
                if key == "shared_preload_libraries" {
                    tracing::info!(
                        group = name,
                        value,
                        "kept, but no local server loads Aurora's libraries"
                    );
                }
                group.parameters.0.insert(key.to_owned(), value);
            }
            let used = state.clusters.values_mut().filter(|_| level == Level::Cluster);
            for cluster in
                used.filter(|c| c.shown.d_b_cluster_parameter_group.as_deref() == Some(name.as_str()))
            {
                cluster.reboot_pending = true;
            }
            Ok(name.clone())
        })
    }

    pub fn delete_group(&self, level: Level, name: &str) -> Result<(), Fault> {
        let name = required(name, "DBParameterGroupName")?.to_lowercase();
        self.update(|state| {
            let by_cluster = |c: &super::state::Cluster| {
                c.shown.d_b_cluster_parameter_group.as_deref() == Some(name.as_str())
            };
            let used = match level {
                Level::Cluster => state.clusters.values().any(by_cluster),
                Level::Instance => state.instances.values().any(|i| {
                    let groups = i.shown.d_b_parameter_groups.iter().flat_map(|list| &list.items);
                    groups
                        .into_iter()
                        .any(|group| group.d_b_parameter_group_name.as_deref() == Some(name.as_str()))
                }),
            };
            if used || name.starts_with("default.") {
                return Err(
                    fault::GROUP_STATE.because(format!("Parameter group {name} is in use or a default."))
                );
            }
            level
                .groups(state)
                .remove(&name)
                .map(drop)
                .ok_or_else(|| not_found(&name))
        })
    }

    /// The groups of a table: the named one, or a page of all.
    pub fn find_groups<T>(
        &self,
        level: Level,
        name: Option<&str>,
        (marker, size): (Option<&str>, Option<i32>),
        show: impl Fn(&Group, String) -> T,
    ) -> Result<(Vec<T>, Option<String>), Fault> {
        let name = name.map(str::to_lowercase);
        let mut state = self.state();
        let groups = level.groups(&mut state);
        if let Some(name) = name.as_ref().filter(|name| !groups.contains_key(*name)) {
            return Err(not_found(name));
        }
        let wanted = groups
            .values()
            .filter(|group| name.as_ref().is_none_or(|name| *name == group.name));
        page(
            wanted
                .map(|group| show(group, self.arn(level.arn_kind(), &group.name)))
                .collect(),
            marker,
            size,
        )
    }

    /// The parameters of a group; those that are not set have no value here.
    pub fn describe_parameters(
        &self,
        level: Level,
        name: &str,
        source: Option<&str>,
        (marker, size): (Option<&str>, Option<i32>),
    ) -> Result<(model::ParametersList, Option<String>), Fault> {
        let name = required(name, "DBParameterGroupName")?.to_lowercase();
        let mut state = self.state();
        let (set, kind) = match level.groups(&mut state).get(&name) {
            Some(group) => (group.parameters.clone(), kind_of_family(&group.family)),
            None => (
                Parameters::default(),
                name.strip_prefix("default.").and_then(kind_of_family),
            ),
        };
        let kind = kind.ok_or_else(|| not_found(&name))?;
        let unset = Parameters::known(kind)
            .iter()
            .filter(|known| set.get(known).is_none());
        let mut rows: Vec<_> = set
            .0
            .iter()
            .map(|(name, value)| parameter(name, Some(value)))
            .collect();
        rows.extend(unset.map(|name| parameter(name, None)));
        rows.retain(|row| source.is_none_or(|source| row.source.as_deref() == Some(source)));
        let (items, marker) = page(rows, marker, size)?;
        Ok((model::ParametersList { items }, marker))
    }

    pub fn create_subnets(
        &self,
        asked: model::CreateDBSubnetGroupMessage,
    ) -> Result<model::CreateDBSubnetGroupResult, Fault> {
        let name = required(&asked.d_b_subnet_group_name, "DBSubnetGroupName")?.to_lowercase();
        required(&asked.d_b_subnet_group_description, "DBSubnetGroupDescription")?;
        if asked.subnet_ids.items.len() < 2 {
            return Err(fault::SUBNETS_TOO_FEW.because("The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement: at least 2 AZs."));
        }
        let shown = self.subnet_group(
            &name,
            &asked.d_b_subnet_group_description,
            &asked.subnet_ids.items,
        );
        self.update(|state| {
            if state.subnet_groups.contains_key(&name) {
                return Err(
                    fault::SUBNETS_EXIST.because(format!("The DB subnet group '{name}' already exists."))
                );
            }
            let group = SubnetGroup {
                shown: shown.clone(),
                tags: asked.tags.unwrap_or_default(),
            };
            state.subnet_groups.insert(name.clone(), group);
            Ok(model::CreateDBSubnetGroupResult {
                d_b_subnet_group: Some(shown),
            })
        })
    }

    /// The VPC's own group, in which every cluster lands that asks for none.
    pub fn default_subnets(&self) -> SubnetGroup {
        let subnets = ["subnet-a", "subnet-c", "subnet-d"].map(String::from);
        SubnetGroup {
            shown: self.subnet_group("default", "default", &subnets),
            tags: model::TagList::default(),
        }
    }

    fn subnet_group(&self, name: &str, description: &str, subnets: &[String]) -> model::DBSubnetGroup {
        let zones = ["a", "c", "d"]
            .iter()
            .cycle()
            .map(|zone| format!("{}{zone}", self.options.region));
        let subnets = subnets.iter().zip(zones).map(|(id, zone)| model::Subnet {
            subnet_availability_zone: Some(model::AvailabilityZone { name: Some(zone) }),
            subnet_identifier: Some(id.clone()),
            subnet_outpost: None,
            subnet_status: Some("Active".into()),
        });
        model::DBSubnetGroup {
            d_b_subnet_group_arn: Some(self.arn("subgrp", name)),
            d_b_subnet_group_description: Some(description.into()),
            d_b_subnet_group_name: Some(name.into()),
            subnet_group_status: Some("Complete".into()),
            subnets: Some(model::SubnetList {
                items: subnets.collect(),
            }),
            vpc_id: Some("vpc-local".into()),
            ..Default::default()
        }
    }

    pub fn describe_subnets(
        &self,
        asked: &model::DescribeDBSubnetGroupsMessage,
    ) -> Result<model::DBSubnetGroupMessage, Fault> {
        Filters::new(asked.filters.as_ref(), &[])?;
        let name = asked.d_b_subnet_group_name.as_deref().map(str::to_lowercase);
        let state = self.state();
        if let Some(name) = &name {
            check_subnets(&state, name)?;
        }
        let wanted = state
            .subnet_groups
            .iter()
            .filter(|(id, _)| name.as_ref().is_none_or(|name| name == *id));
        let shown = wanted.map(|(_, group)| group.shown.clone()).collect();
        let (items, marker) = page(shown, asked.marker.as_deref(), asked.max_records)?;
        Ok(model::DBSubnetGroupMessage {
            d_b_subnet_groups: Some(model::DBSubnetGroups { items }),
            marker,
        })
    }

    pub fn delete_subnets(&self, name: &str) -> Result<(), Fault> {
        let name = required(name, "DBSubnetGroupName")?.to_lowercase();
        self.update(|state| {
            check_subnets(state, &name)?;
            let used = state
                .clusters
                .values()
                .any(|c| c.shown.d_b_subnet_group.as_deref() == Some(name.as_str()));
            if used || name == "default" {
                return Err(fault::SUBNETS_STATE
                    .because(format!("The DB subnet group {name} is in use or the default.")));
            }
            state.subnet_groups.remove(&name);
            Ok(())
        })
    }
}

/// The engine that a parameter group family belongs to.
fn kind_of_family(family: &str) -> Option<EngineKind> {
    let version = |kind: EngineKind| family.strip_prefix(kind.aws_name());
    let is_version = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    [EngineKind::Postgres, EngineKind::Mysql]
        .into_iter()
        .find(|kind| version(*kind).is_some_and(is_version))
}

/// The family of the local engine, as Aurora would call it.
fn family(kind: EngineKind, engine: &Engine) -> String {
    match kind {
        EngineKind::Postgres => format!(
            "aurora-postgresql{}",
            engine.version().split('.').next().unwrap_or_default()
        ),
        EngineKind::Mysql => "aurora-mysql8.0".to_owned(),
    }
}

/// The default group, of clusters and of instances.
pub(super) fn default_name(kind: EngineKind, engine: &Engine) -> String {
    format!("default.{}", family(kind, engine))
}

/// A cluster's group must exist and be for its engine.
pub(super) fn check_cluster_group(
    state: &State,
    name: &str,
    kind: EngineKind,
    engine: &Engine,
) -> Result<(), Fault> {
    let missing =
        || fault::CLUSTER_GROUP_NOT_FOUND.because(format!("DBClusterParameterGroup not found: {name}"));
    check_group(
        state.cluster_groups.get(&name.to_lowercase()),
        name,
        kind,
        engine,
        missing,
    )
}

/// An instance's group must exist and be for its engine.
pub(super) fn check_instance_group(
    state: &State,
    name: &str,
    kind: EngineKind,
    engine: &Engine,
) -> Result<(), Fault> {
    check_group(
        state.instance_groups.get(&name.to_lowercase()),
        name,
        kind,
        engine,
        || not_found(name),
    )
}

fn check_group(
    group: Option<&Group>,
    name: &str,
    kind: EngineKind,
    engine: &Engine,
    missing: impl FnOnce() -> Fault,
) -> Result<(), Fault> {
    match group {
        None if name == default_name(kind, engine) => Ok(()),
        None => Err(missing()),
        Some(group) if kind_of_family(&group.family) == Some(kind) => Ok(()),
        Some(group) => Err(fault::INVALID_COMBINATION.because(format!(
            "The Parameter Group {name} with DBParameterGroupFamily {} can't be used for this instance. Please use a Parameter Group with DBParameterGroupFamily {}",
            group.family,
            family(kind, engine)
        ))),
    }
}

/// A subnet group must exist.
pub(super) fn check_subnets(state: &State, name: &str) -> Result<(), Fault> {
    match state.subnet_groups.contains_key(name) {
        true => Ok(()),
        false => Err(fault::SUBNETS_NOT_FOUND.because(format!("DB subnet group '{name}' does not exist."))),
    }
}

/// The parameter group that an instance shows.
pub(super) fn instance_membership(group: &str, status: &str) -> model::DBParameterGroupStatusList {
    let status = model::DBParameterGroupStatus {
        d_b_parameter_group_name: Some(group.into()),
        parameter_apply_status: Some(status.into()),
    };
    model::DBParameterGroupStatusList { items: vec![status] }
}

fn parameter(name: &str, value: Option<&String>) -> model::Parameter {
    model::Parameter {
        apply_method: Some("pending-reboot".into()),
        apply_type: Some("static".into()),
        data_type: Some("string".into()),
        is_modifiable: Some(true),
        parameter_name: Some(name.into()),
        parameter_value: value.cloned(),
        source: Some(if value.is_some() { "user" } else { "engine-default" }.into()),
        ..Default::default()
    }
}
