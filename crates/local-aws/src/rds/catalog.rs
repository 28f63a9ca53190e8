//! What can be ordered, and how much of it.

use winterbaume_rds::model;

use super::core::Core;
use super::fault::{self, Fault, required};
use super::list::page;
use crate::engine::EngineKind;

impl Core {
    pub fn orderable(
        &self,
        asked: &model::DescribeOrderableDBInstanceOptionsMessage,
    ) -> Result<model::OrderableDBInstanceOptionsMessage, Fault> {
        let engine = required(&asked.engine, "Engine")?;
        let kind = EngineKind::from_aws_name(engine)
            .ok_or_else(|| fault::INVALID_VALUE.because(format!("Unrecognized engine name: {engine}")))?;
        let offers = self.options.classes.iter().filter(|class| {
            let fits = match kind {
                EngineKind::Postgres => class.postgres,
                EngineKind::Mysql => class.mysql,
            };
            fits && asked
                .d_b_instance_class
                .as_ref()
                .is_none_or(|wanted| *wanted == class.name)
        });
        let zones = ["a", "c", "d"].map(|zone| model::AvailabilityZone {
            name: Some(format!("{}{zone}", self.options.region)),
        });
        let options = offers.map(|class| model::OrderableDBInstanceOption {
            availability_zones: Some(model::AvailabilityZoneList {
                items: zones.to_vec(),
            }),
            d_b_instance_class: Some(class.name.clone()),
            engine: Some(engine.to_owned()),
            engine_version: asked.engine_version.clone(),
            multi_a_z_capable: Some(true),
            storage_type: Some("aurora".into()),
            supported_engine_modes: Some(model::EngineModeList {
                items: vec!["provisioned".into()],
            }),
            supports_clusters: Some(true),
            supports_http_endpoint: Some(true),
            supports_i_a_m_database_authentication: Some(true),
            supports_performance_insights: Some(true),
            supports_storage_encryption: Some(true),
            ..Default::default()
        });
        let (items, marker) = page(options.collect(), asked.marker.as_deref(), asked.max_records)?;
        let list = model::OrderableDBInstanceOptionsList { items };
        Ok(model::OrderableDBInstanceOptionsMessage {
            marker,
            orderable_d_b_instance_options: Some(list),
        })
    }

    pub fn account_attributes(&self) -> model::AccountAttributesMessage {
        let state = self.state();
        let quotas = self.options.quotas;
        let rows = [
            ("DBInstances", state.instances.len(), quotas.instances),
            ("DBClusters", state.clusters.len(), quotas.clusters),
            ("ManualClusterSnapshots", state.snapshots.len(), 100),
            ("DBSubnetGroups", state.subnet_groups.len(), 50),
            ("DBClusterParameterGroups", state.cluster_groups.len(), 50),
            ("DBParameterGroups", state.instance_groups.len(), 50),
        ];
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let items = rows.map(|(name, used, max)| model::AccountQuota {
            account_quota_name: Some(name.into()),
            max: Some(number(max)),
            used: Some(number(used)),
        });
        model::AccountAttributesMessage {
            account_quotas: Some(model::AccountQuotaList { items: items.into() }),
        }
    }
}
