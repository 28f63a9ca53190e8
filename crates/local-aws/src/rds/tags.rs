//! Tags of every resource, by its ARN.

use winterbaume_rds::model;

use super::core::Core;
use super::fault::{self, Fault, required};
use super::state::{State, no_cluster};

/// As many as RDS allows on one resource.
const MOST: usize = 50;

impl Core {
    pub fn add_tags(&self, arn: &str, tags: &model::TagList) -> Result<(), Fault> {
        let arn = required(arn, "ResourceName")?;
        check(tags)?;
        self.update(|state| {
            let present = self.tags_of(state, arn)?;
            let mut merged = present.clone();
            for tag in &tags.items {
                merged.items.retain(|old| old.key != tag.key);
                merged.items.push(tag.clone());
            }
            if merged.items.len() > MOST {
                return Err(
                    fault::INVALID_VALUE.because(format!("A resource can't have more than {MOST} tags."))
                );
            }
            *present = merged;
            Ok(())
        })
    }

    pub fn remove_tags(&self, arn: &str, keys: &model::KeyList) -> Result<(), Fault> {
        let arn = required(arn, "ResourceName")?;
        self.update(|state| {
            let tags = self.tags_of(state, arn)?;
            tags.items
                .retain(|tag| tag.key.as_ref().is_none_or(|key| !keys.items.contains(key)));
            Ok(())
        })
    }

    pub fn list_tags(&self, arn: &str) -> Result<model::TagListMessage, Fault> {
        let arn = required(arn, "ResourceName")?;
        let mut state = self.state();
        Ok(model::TagListMessage {
            tag_list: Some(self.tags_of(&mut state, arn)?.clone()),
        })
    }

    fn tags_of<'a>(&self, state: &'a mut State, arn: &str) -> Result<&'a mut model::TagList, Fault> {
        let invalid = || fault::INVALID_VALUE.because(format!("Invalid resource name: {arn}"));
        let rest = arn.strip_prefix(&format!(
            "arn:aws:rds:{}:{}:",
            self.options.region, self.options.account
        ));
        let (kind, id) = rest.and_then(|rest| rest.split_once(':')).ok_or_else(invalid)?;
        let missing_group = || fault::GROUP_NOT_FOUND.because(format!("DBParameterGroup not found: {id}"));
        match kind {
            "cluster" => {
                let cluster = state.clusters.get_mut(id).ok_or_else(|| no_cluster(id))?;
                Ok(cluster.shown.tag_list.get_or_insert_default())
            }
            "db" => Ok(state.instance_mut(id)?.shown.tag_list.get_or_insert_default()),
            "cluster-pg" => state
                .cluster_groups
                .get_mut(id)
                .map(|group| &mut group.tags)
                .ok_or_else(missing_group),
            "pg" => state
                .instance_groups
                .get_mut(id)
                .map(|group| &mut group.tags)
                .ok_or_else(missing_group),
            "db-proxy" => {
                let mut proxies = state.proxies.values_mut();
                let found = proxies.find(|proxy| proxy.shown.d_b_proxy_arn.as_deref() == Some(arn));
                let missing = || fault::PROXY_NOT_FOUND.because(format!("DBProxy not found: {id}"));
                found.map(|proxy| &mut proxy.tags).ok_or_else(missing)
            }
            "subgrp" => state
                .subnet_groups
                .get_mut(id)
                .map(|group| &mut group.tags)
                .ok_or_else(|| {
                    fault::SUBNETS_NOT_FOUND.because(format!("DB subnet group '{id}' does not exist."))
                }),
            "cluster-snapshot" => {
                let snapshot = state.snapshots.get_mut(id);
                let tags = snapshot.map(|snapshot| snapshot.tag_list.get_or_insert_default());
                tags.ok_or_else(|| {
                    fault::SNAPSHOT_NOT_FOUND.because(format!("DBClusterSnapshot not found: {id}"))
                })
            }
            _ => Err(invalid()),
        }
    }
}

/// AWS keeps its own prefix to itself.
fn check(tags: &model::TagList) -> Result<(), Fault> {
    for tag in &tags.items {
        let key = tag.key.as_deref().unwrap_or_default();
        if key.is_empty() || key.len() > 128 || key.starts_with("aws:") || key.starts_with("rds:") {
            return Err(fault::INVALID_VALUE.because(format!("Invalid tag key: '{key}'")));
        }
    }
    Ok(())
}
