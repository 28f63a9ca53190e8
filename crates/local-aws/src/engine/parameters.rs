//! What of a parameter group the local servers obey.

use std::collections::BTreeMap;

use super::EngineKind;

/// The values of a cluster's parameter group, by name. Aurora knows some 400; those that a local server
/// understands are applied when it starts, the others are kept and shown only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(pub BTreeMap<String, String>);

/// Passed on as they are.
const POSTGRES: &[&str] = &[
    "default_transaction_read_only",
    "idle_in_transaction_session_timeout",
    "log_connections",
    "log_disconnections",
    "log_min_duration_statement",
    "log_statement",
    "max_connections",
    "max_logical_replication_workers",
    "max_worker_processes",
    "session_replication_role",
    "statement_timeout",
    "timezone",
    "track_activity_query_size",
    "work_mem",
];

/// Passed on as they are.
const MYSQL: &[&str] = &[
    "character_set_server",
    "collation_server",
    "event_scheduler",
    "general_log",
    "innodb_lock_wait_timeout",
    "interactive_timeout",
    "local_infile",
    "log_bin_trust_function_creators",
    "long_query_time",
    "lower_case_table_names",
    "max_allowed_packet",
    "max_connections",
    "slow_query_log",
    "sql_mode",
    "wait_timeout",
];

impl Parameters {
    /// The value of `name`, if the group sets it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names that a local server of `kind` obeys, besides `rds.logical_replication` and `time_zone`.
    pub fn known(kind: EngineKind) -> &'static [&'static str] {
        match kind {
            EngineKind::Postgres => POSTGRES,
            EngineKind::Mysql => MYSQL,
        }
    }

    /// What a server of `kind` is started with. Formulas such as `{DBInstanceClassMemory/9531392}` mean
    /// nothing here and are left out.
    pub(super) fn settings(&self, kind: EngineKind) -> Vec<(String, String)> {
        let known = Self::known(kind);
        let mut settings: Vec<_> = self
            .0
            .iter()
            .filter(|(name, value)| known.contains(&name.as_str()) && !value.contains('{'))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        match (kind, self.get("rds.logical_replication"), self.get("time_zone")) {
            (EngineKind::Postgres, Some("1"), _) => settings.push(("wal_level".into(), "logical".into())),
            (EngineKind::Postgres, Some(_), _) if self.get("max_logical_replication_workers").is_none() => {
                settings.push(("max_logical_replication_workers".into(), "0".into()));
            }
            // The zone tables are not loaded, so only offsets and SYSTEM can be set.
            (EngineKind::Mysql, _, Some(zone)) if zone.starts_with(['+', '-']) => {
                settings.push(("default_time_zone".into(), zone.into()));
            }
            (EngineKind::Mysql, _, Some("UTC")) => {
                settings.push(("default_time_zone".into(), "+00:00".into()))
            }
            _ => {}
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Parameters {
        Parameters(
            pairs
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
        )
    }

    #[test]
    fn logical_replication_off_stops_its_workers() {
        let off = of(&[("rds.logical_replication", "0")]).settings(EngineKind::Postgres);
        assert_eq!(off, [("max_logical_replication_workers".into(), "0".into())]);
        let on = of(&[("rds.logical_replication", "1")]).settings(EngineKind::Postgres);
        assert_eq!(on, [("wal_level".into(), "logical".into())]);
        assert!(Parameters::default().settings(EngineKind::Postgres).is_empty());
    }

    #[test]
    fn only_what_the_engine_knows_is_passed_on() {
        let group = of(&[
            ("event_scheduler", "ON"),
            ("max_connections", "{DBInstanceClassMemory/1}"),
            ("log_statement", "all"),
        ]);
        assert_eq!(
            group.settings(EngineKind::Mysql),
            [("event_scheduler".into(), "ON".into())]
        );
        assert_eq!(
            group.settings(EngineKind::Postgres),
            [("log_statement".into(), "all".into())]
        );
    }
}
