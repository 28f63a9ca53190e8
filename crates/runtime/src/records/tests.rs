use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::record::{Access, MaskedTable, MaskingReport, NewClone, PinnedConfig, Progress, Verdict};
use domain::request::{Principal, Wish};
use domain::workflow::ExecutionRef;
use domain::{CloneId, CloneRecord, CloneState, Policy};

use super::item;

const POLICY: &str = r#"
    [sources.production]
    cluster = "production"
    engine = "aurora-postgresql"
    database = "shop"
    masking_class = "db.r6g.large"
    classes = ["serverless:0-4"]
    default_class = "serverless:0-4"
    quarantine_security_group = "sg-quarantine"
    user_security_group = "sg-users"
    subnet_group = "private"
    cluster_parameter_group = "doppel-quarantine"
"#;

fn now() -> DateTime<Utc> {
    "2026-01-31T12:00:00.123456Z".parse().unwrap()
}

fn record() -> CloneRecord {
    let policy = Policy::parse("doppel.toml", POLICY).unwrap();
    let execution = ExecutionRef {
        arn: "arn:aws:states:eu-west-1:1:execution:clone:r-1".into(),
        name: "r-1".into(),
        started_at: now(),
        input: serde_json::Value::Null,
    };
    let granted = domain::admission::grant(&policy, &Wish::default()).unwrap();
    CloneRecord::new(NewClone {
        id: CloneId::derive(&granted.source, &execution.name, execution.started_at),
        source: &policy.sources[&granted.source],
        granted,
        limits: &policy.limits,
        execution: &execution,
        asked_by: (Principal::Slack("U0ALICE".into()), Some("C0".into())),
        config: PinnedConfig {
            rules: "masking/production.toml".into(),
            rules_version: None,
            rules_hash: "h".into(),
        },
    })
}

#[test]
fn a_record_survives_the_table_with_every_field_filled() {
    let mut record = record();
    record.enter(CloneState::Masking, now());
    record.progress = Some(Progress {
        phase: "mask".into(),
        rows: 7,
        ..Progress::default()
    });
    record.verdict = Some(Verdict {
        cluster_resource_id: "cluster-R1".into(),
        execution_arn: record.execution_arn.clone(),
        rules_hash: "h".into(),
        at: now(),
    });
    record.report = Some(MaskingReport {
        tables: vec![MaskedTable {
            name: "public.customers".into(),
            columns: 3,
            rows: 9,
            method: "copy".into(),
            seconds: 0.5,
        }],
        seconds: BTreeMap::from([("mask".into(), 1.5)]),
        ..MaskingReport::default()
    });
    let access = Access {
        host: "h".into(),
        port: 5432,
        database: "shop".into(),
        user: "doppel".into(),
        secret: record.id.user_secret(),
        proxy: None,
    };
    record.hand_over(access, now());
    record.claim_deletion(
        domain::record::DeleteReason::Asked(Principal::Slack("U0ALICE".into())),
        now(),
    );
    record.close(now());
    let item = item::write(&record, "w-1").unwrap();
    assert_eq!(item::text(&item, item::WRITE_ID), Some("w-1"));
    assert_eq!(item::read(&item).unwrap(), record);
}

#[test]
fn an_item_that_is_no_record_is_named() {
    let error = item::read(&item::key("doppel-x")).unwrap_err();
    assert!(error.to_string().contains("doppel-x"), "{error}");
}
