//! RDS Proxies: each is a port of its own before a cluster, that lets in who knows the password in its secret, over TLS, and
//! logs in itself.
//!
//! What it does not do, knowingly: it opens a connection to the server for each client instead of sharing a few; it has
//! no read-only endpoints and no target groups but `default`; it speaks no IAM authentication; clients of PostgreSQL are
//! asked for the password itself, within TLS, instead of SCRAM. Its endpoint names the port too: on one machine not every
//! proxy can have the engine's own.

mod forward;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio_util::sync::DropGuard;
use winterbaume_core::MockResponse;
use winterbaume_rds::{model, wire};

use super::core::{Core, internal};
use super::dispatch::read;
use super::fault::{self, Fault, identifier, required};
use super::gate::Visit;
use super::list::page;
use super::state::State;
use crate::engine::EngineKind;
use forward::Line;
pub(super) use forward::SecretReader;

/// The target group that every proxy has.
const GROUP: &str = "default";

/// A proxy.
pub(super) struct Proxy {
    pub shown: model::DBProxy,
    pub tags: model::TagList,
    line: Arc<Line>,
    /// The endpoint is open as long as this lives.
    _open: DropGuard,
    /// By the cluster that it leads to; AWS allows one.
    targets: BTreeMap<String, Registered>,
}

/// A cluster that a proxy leads to.
struct Registered {
    health: model::TargetHealth,
    /// A proxy keeps its connections, so that the server never sleeps.
    _visit: Visit,
}

impl Core {
    /// The calls about proxies; `None` if the action is none of these.
    pub fn answer_about_proxies(
        self: &Arc<Self>,
        action: &str,
        form: &HashMap<String, String>,
    ) -> Option<Result<MockResponse, Fault>> {
        Some(match action {
            "CreateDBProxy" => read(wire::deserialize_create_d_b_proxy_request, form)
                .and_then(|asked| self.create_proxy(asked))
                .map(|made| wire::serialize_create_d_b_proxy_response(&made)),
            "DescribeDBProxies" => read(wire::deserialize_describe_d_b_proxies_request, form)
                .and_then(|asked| self.describe_proxies(&asked))
                .map(|list| wire::serialize_describe_d_b_proxies_response(&list)),
            "DeleteDBProxy" => read(wire::deserialize_delete_d_b_proxy_request, form)
                .and_then(|asked| self.delete_proxy(&asked.d_b_proxy_name))
                .map(|gone| wire::serialize_delete_d_b_proxy_response(&gone)),
            "RegisterDBProxyTargets" => read(wire::deserialize_register_d_b_proxy_targets_request, form)
                .and_then(|asked| self.register_targets(&asked))
                .map(|list| wire::serialize_register_d_b_proxy_targets_response(&list)),
            "DescribeDBProxyTargets" => read(wire::deserialize_describe_d_b_proxy_targets_request, form)
                .and_then(|asked| self.describe_targets(&asked))
                .map(|list| wire::serialize_describe_d_b_proxy_targets_response(&list)),
            "DeregisterDBProxyTargets" => read(wire::deserialize_deregister_d_b_proxy_targets_request, form)
                .and_then(|asked| self.deregister_targets(&asked))
                .map(|none| wire::serialize_deregister_d_b_proxy_targets_response(&none)),
            _ => return None,
        })
    }

    fn create_proxy(
        self: &Arc<Self>,
        asked: model::CreateDBProxyRequest,
    ) -> Result<model::CreateDBProxyResponse, Fault> {
        let name = identifier(&asked.d_b_proxy_name, "DBProxyName")?;
        required(&asked.role_arn, "RoleArn")?;
        let kind = match asked.engine_family.as_str() {
            "POSTGRESQL" => EngineKind::Postgres,
            "MYSQL" => EngineKind::Mysql,
            other => return Err(fault::INVALID_VALUE.because(format!("Invalid engine family: {other}"))),
        };
        if asked.vpc_subnet_ids.items.len() < 2 {
            return Err(
                fault::INVALID_SUBNET.because("A proxy needs subnets in at least two Availability Zones.")
            );
        }
        let auth = asked
            .auth
            .as_ref()
            .map(|auth| auth.items.as_slice())
            .unwrap_or_default();
        let secrets: Vec<_> = auth.iter().filter_map(|auth| auth.secret_arn.clone()).collect();
        if secrets.is_empty() || secrets.len() != auth.len() {
            return Err(fault::INVALID_VALUE.because("Auth must name a secret for each user."));
        }
        let requires_tls = asked.require_t_l_s == Some(true);
        let line = Arc::new(Line::new(
            kind,
            requires_tls,
            secrets,
            self.guard.clone(),
            self.secrets.clone(),
        ));
        self.update(|state| {
            if state.proxies.contains_key(&name) {
                return Err(fault::PROXY_EXISTS.because(format!("DBProxy {name} already exists.")));
            }
            let (port, open) = line.listen().map_err(|error| internal(&error))?;
            let shown = shown(&name, &asked, self, port);
            let proxy = Proxy {
                shown: shown.clone(),
                tags: asked.tags.unwrap_or_default(),
                line,
                _open: open,
                targets: BTreeMap::new(),
            };
            state.proxies.insert(name.clone(), proxy);
            Ok(shown)
        })
        .map(|shown| {
            self.proxy_becomes_available(shown.d_b_proxy_arn.clone());
            model::CreateDBProxyResponse {
                d_b_proxy: Some(shown),
            }
        })
    }

    fn proxy_becomes_available(self: &Arc<Self>, arn: Option<String>) {
        let core = self.clone();
        self.later(async move {
            core.pass(core.options.transitions.cluster_creating).await;
            core.update(|state| {
                let made = state
                    .proxies
                    .values_mut()
                    .find(|proxy| proxy.shown.d_b_proxy_arn == arn);
                if let Some(proxy) = made.filter(|proxy| proxy.is("creating")) {
                    proxy.shown.status = Some("available".into());
                }
            });
        });
    }

    fn describe_proxies(
        &self,
        asked: &model::DescribeDBProxiesRequest,
    ) -> Result<model::DescribeDBProxiesResponse, Fault> {
        let state = self.state();
        let proxies = match &asked.d_b_proxy_name {
            Some(name) => vec![state.proxy(name)?.shown.clone()],
            None => state.proxies.values().map(|proxy| proxy.shown.clone()).collect(),
        };
        let (items, marker) = page(proxies, asked.marker.as_deref(), asked.max_records)?;
        Ok(model::DescribeDBProxiesResponse {
            d_b_proxies: Some(model::DBProxyList { items }),
            marker,
        })
    }

    fn delete_proxy(self: &Arc<Self>, name: &str) -> Result<model::DeleteDBProxyResponse, Fault> {
        let shown = self.update(|state| {
            let proxy = state.proxy_mut(name)?;
            proxy.shown.status = Some("deleting".into());
            Ok::<_, Fault>(proxy.shown.clone())
        })?;
        let (core, arn) = (self.clone(), shown.d_b_proxy_arn.clone());
        self.later(async move {
            core.pass(core.options.transitions.deleting).await;
            core.update(|state| state.proxies.retain(|_, proxy| proxy.shown.d_b_proxy_arn != arn));
        });
        Ok(model::DeleteDBProxyResponse {
            d_b_proxy: Some(shown),
        })
    }

    fn register_targets(
        self: &Arc<Self>,
        asked: &model::RegisterDBProxyTargetsRequest,
    ) -> Result<model::RegisterDBProxyTargetsResponse, Fault> {
        good_group(asked.target_group_name.as_deref())?;
        let clusters = asked
            .d_b_cluster_identifiers
            .as_ref()
            .map(|list| list.items.as_slice());
        let [id] = clusters.unwrap_or_default() else {
            return Err(fault::INVALID_COMBINATION.because("The embedded RDS leads a proxy to one cluster."));
        };
        let id = id.to_lowercase();
        let name = asked.d_b_proxy_name.to_lowercase();
        let targets = self.update(|state| {
            let cluster = state.cluster(&id)?;
            let (kind, gate) = (cluster.kind, cluster.gate.clone());
            let proxy = state.proxy_mut(&name)?;
            if !proxy.is("available") {
                return Err(fault::PROXY_STATE.because(format!("DBProxy {name} is not available.")));
            }
            if !proxy.targets.is_empty() {
                return Err(
                    fault::TARGET_REGISTERED.because(format!("DBProxy {name} has its target already."))
                );
            }
            if proxy.line.kind != kind {
                return Err(fault::INVALID_COMBINATION.because("The proxy is for another engine family."));
            }
            let registered = Registered {
                health: health("REGISTERING", None),
                _visit: gate.door().visit(),
            };
            proxy.line.lead_to(Some(gate));
            proxy.targets.insert(id.clone(), registered);
            Ok(targets(state, &name))
        })?;
        self.look_after(name, id);
        Ok(model::RegisterDBProxyTargetsResponse {
            d_b_proxy_targets: Some(model::TargetList { items: targets }),
        })
    }

    /// Finds out whether a proxy reaches its cluster with its secret.
    fn look_after(self: &Arc<Self>, name: String, cluster: String) {
        let core = self.clone();
        self.later(async move {
            core.pass(core.options.transitions.modify_delay).await;
            let Some((line, database, is_shared)) = core.line_of(&name, &cluster) else {
                return;
            };
            let health = match is_shared {
                true => health("UNAVAILABLE", Some(("UNREACHABLE", SHARED_GROUP))),
                false => match line.reaches(&database).await {
                    Ok(()) => health("AVAILABLE", None),
                    Err((reason, words)) => health("UNAVAILABLE", Some((reason, words))),
                },
            };
            core.update(|state| {
                let target = state
                    .proxies
                    .get_mut(&name)
                    .and_then(|proxy| proxy.targets.get_mut(&cluster));
                if let Some(target) = target {
                    target.health = health;
                }
            });
        });
    }

    /// What a proxy needs to log in, and whether it shares a security group with its cluster.
    fn line_of(&self, name: &str, cluster: &str) -> Option<(Arc<Line>, String, bool)> {
        let state = self.state();
        let (proxy, cluster) = (state.proxies.get(name)?, state.clusters.get(cluster)?);
        let groups = proxy
            .shown
            .vpc_security_group_ids
            .iter()
            .flat_map(|list| &list.items);
        let is_shared = groups
            .into_iter()
            .any(|group| cluster.wanted_groups.contains(group));
        let database = cluster.shown.database_name.clone();
        Some((
            proxy.line.clone(),
            database.unwrap_or_else(|| "postgres".into()),
            is_shared,
        ))
    }

    fn describe_targets(
        self: &Arc<Self>,
        asked: &model::DescribeDBProxyTargetsRequest,
    ) -> Result<model::DescribeDBProxyTargetsResponse, Fault> {
        good_group(asked.target_group_name.as_deref())?;
        let name = asked.d_b_proxy_name.to_lowercase();
        let (targets, sick) = {
            let state = self.state();
            let proxy = state.proxy(&name)?;
            let is_sick =
                |target: &(&String, &Registered)| target.1.health.state.as_deref() == Some("UNAVAILABLE");
            let sick = proxy
                .targets
                .iter()
                .find(is_sick)
                .map(|(cluster, _)| cluster.clone());
            (targets(&state, &name), sick)
        };
        // What was wrong may have been put right.
        if let Some(cluster) = sick {
            self.look_after(name, cluster);
        }
        let (items, marker) = page(targets, asked.marker.as_deref(), asked.max_records)?;
        Ok(model::DescribeDBProxyTargetsResponse {
            marker,
            targets: Some(model::TargetList { items }),
        })
    }

    fn deregister_targets(
        &self,
        asked: &model::DeregisterDBProxyTargetsRequest,
    ) -> Result<model::DeregisterDBProxyTargetsResponse, Fault> {
        good_group(asked.target_group_name.as_deref())?;
        let clusters = asked
            .d_b_cluster_identifiers
            .as_ref()
            .map(|list| list.items.as_slice());
        self.update(|state| {
            let proxy = state.proxy_mut(&asked.d_b_proxy_name)?;
            for cluster in clusters.unwrap_or_default() {
                let gone = proxy.targets.remove(&cluster.to_lowercase());
                gone.ok_or_else(|| fault::TARGET_NOT_FOUND.because(format!("{cluster} is no target.")))?;
                proxy.line.lead_to(None);
            }
            Ok(model::DeregisterDBProxyTargetsResponse {})
        })
    }
}

/// Why the article's warning is one: a group that lets the proxy in does not let it out to itself.
const SHARED_GROUP: &str = "The proxy and the database share a security group, which does not let the proxy through to the database.";

impl State {
    fn proxy(&self, name: &str) -> Result<&Proxy, Fault> {
        self.proxies
            .get(&name.to_lowercase())
            .ok_or_else(|| no_proxy(name))
    }

    fn proxy_mut(&mut self, name: &str) -> Result<&mut Proxy, Fault> {
        self.proxies
            .get_mut(&name.to_lowercase())
            .ok_or_else(|| no_proxy(name))
    }
}

impl Proxy {
    fn is(&self, status: &str) -> bool {
        self.shown.status.as_deref() == Some(status)
    }
}

fn no_proxy(name: &str) -> Fault {
    fault::PROXY_NOT_FOUND.because(format!("DBProxy {name} not found."))
}

fn good_group(name: Option<&str>) -> Result<(), Fault> {
    match name {
        None | Some(GROUP) => Ok(()),
        Some(other) => {
            Err(fault::TARGET_GROUP_NOT_FOUND.because(format!("DBProxyTargetGroup {other} not found.")))
        }
    }
}

fn health(state: &str, why: Option<(&str, &str)>) -> model::TargetHealth {
    model::TargetHealth {
        state: Some(state.into()),
        reason: why.map(|(reason, _)| reason.into()),
        description: why.map(|(_, words)| words.into()),
    }
}

fn shown(name: &str, asked: &model::CreateDBProxyRequest, core: &Core, port: u16) -> model::DBProxy {
    let auth = asked
        .auth
        .iter()
        .flat_map(|auth| &auth.items)
        .map(|auth| model::UserAuthConfigInfo {
            auth_scheme: auth.auth_scheme.clone().or(Some("SECRETS".into())),
            client_password_auth_type: auth.client_password_auth_type.clone(),
            description: auth.description.clone(),
            i_a_m_auth: auth.i_a_m_auth.clone().or(Some("DISABLED".into())),
            secret_arn: auth.secret_arn.clone(),
            user_name: auth.user_name.clone(),
        });
    let id = format!("prx-{}", &crate::engine::secret()[..17].to_lowercase());
    model::DBProxy {
        auth: Some(model::UserAuthConfigInfoList {
            items: auth.collect(),
        }),
        created_date: Some(core.now()),
        d_b_proxy_arn: Some(core.arn("db-proxy", &id)),
        d_b_proxy_name: Some(name.to_owned()),
        debug_logging: Some(asked.debug_logging == Some(true)),
        endpoint: Some(format!("127.0.0.1:{port}")),
        engine_family: Some(asked.engine_family.clone()),
        idle_client_timeout: asked.idle_client_timeout.or(Some(1800)),
        require_t_l_s: Some(asked.require_t_l_s == Some(true)),
        role_arn: Some(asked.role_arn.clone()),
        status: Some("creating".into()),
        updated_date: Some(core.now()),
        vpc_security_group_ids: asked.vpc_security_group_ids.clone(),
        vpc_subnet_ids: Some(asked.vpc_subnet_ids.clone()),
        ..model::DBProxy::default()
    }
}

/// The cluster, which has no health of its own, and its instances.
fn targets(state: &State, name: &str) -> Vec<model::DBProxyTarget> {
    let Some(proxy) = state.proxies.get(name) else {
        return Vec::new();
    };
    let mut targets = Vec::new();
    for (id, registered) in &proxy.targets {
        targets.push(model::DBProxyTarget {
            rds_resource_id: Some(id.clone()),
            r#type: Some("TRACKED_CLUSTER".into()),
            ..Default::default()
        });
        let Some(cluster) = state.clusters.get(id) else {
            continue;
        };
        targets.extend(state.members(id).map(|(instance, _)| model::DBProxyTarget {
            endpoint: cluster.shown.endpoint.clone(),
            port: cluster.shown.port,
            rds_resource_id: Some(instance.clone()),
            role: Some("READ_WRITE".into()),
            target_health: Some(registered.health.clone()),
            tracked_cluster_id: Some(id.clone()),
            r#type: Some("RDS_INSTANCE".into()),
            ..Default::default()
        }));
    }
    targets
}
