//! Records at every turn of a clone's life, for tests.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::admission::grant;
use domain::cost::Prices;
use domain::record::{
    Access, DeleteReason, Failed, Finding, MaskedTable, MaskingReport, NewClone, PinnedConfig, Progress, Scan,
};
use domain::request::{Principal, Wish};
use domain::workflow::{ExecutionRef, State};
use domain::{CloneRecord, CloneState, Failure, Policy};

pub fn policy() -> Policy {
    let text = r#"
        [sources.production]
        cluster = "production"
        engine = "aurora-postgresql"
        database = "shop"
        masking_class = "db.r6g.large"
        classes = ["db.t4g.medium", "db.r6g.large", "serverless:0-4"]
        default_class = "db.t4g.medium"
        quarantine_security_group = "sg-quarantine"
        user_security_group = "sg-users"
        subnet_group = "private"
        cluster_parameter_group = "doppel-quarantine"
    "#;
    Policy::parse("doppel.toml", text).unwrap()
}

pub fn prices() -> Prices {
    let text = r#"
        source = "made up"
        date = "2026-01-31"
        [standard.instance_hour.aurora-postgresql]
        "db.r6g.large" = 0.313
        "db.t4g.medium" = 0.088
        [sizes]
        "db.r6g.large" = { vcpu = 2, memory_gib = 16 }
        "db.t4g.medium" = { vcpu = 2, memory_gib = 4 }
    "#;
    Prices::parse(text).unwrap()
}

pub fn start() -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

fn after(seconds: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(seconds)
}

pub fn execution() -> ExecutionRef {
    ExecutionRef {
        arn: "arn:aws:states:eu-west-1:111122223333:execution:doppel-clone:slack-1a2b".into(),
        name: "slack-1a2b".into(),
        started_at: start(),
        input: serde_json::json!({}),
    }
}

pub fn requested() -> CloneRecord {
    let policy = policy();
    let granted = grant(&policy, &Wish::default()).unwrap();
    CloneRecord::new(NewClone {
        id: "doppel-production-20260131-k3x9qa".parse().unwrap(),
        source: &policy.sources[&granted.source],
        granted,
        limits: &policy.limits,
        execution: &execution(),
        asked_by: (Principal::Slack("U0ALICE".into()), Some("C0CLONES".into())),
        config: PinnedConfig {
            rules: "masking/production.toml".into(),
            rules_version: None,
            rules_hash: "9f2c4b7a1e0d9f2c4b7a1e0d".into(),
        },
    })
}

/// Its approvers are asked.
pub fn awaiting() -> CloneRecord {
    let mut clone = requested();
    let need = domain::admission::Need {
        why: "the class `db.t4g.medium` and a lifetime of more than 12h".into(),
        approvers: ["U0DORA", "S0LEADS", "cli/dora"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect(),
        within: "4h".parse().unwrap(),
        channel: Some("C0LEADS".into()),
    };
    let mut approval = domain::record::Approval::new(need, start());
    approval.token = Some("a-token".to_owned().into());
    clone.approval = Some(approval);
    clone.enter(CloneState::Awaiting, start());
    clone
}

pub fn masking() -> CloneRecord {
    let mut clone = requested();
    clone.enter(CloneState::Cloning, after(2));
    clone.cluster_resource_id = Some("cluster-R1".into());
    clone.enter(CloneState::Masking, after(302));
    clone.progress = Some(Progress {
        phase: "mask".into(),
        tables_done: 3,
        tables: 12,
        rows_done: 41_250,
        rows: 1_204_000,
        rows_per_second: 21_300,
        seconds_left: Some(55),
    });
    clone
}

/// The first masking broke off, and its clone is on its way out.
pub fn discarding() -> CloneRecord {
    let mut clone = masking();
    clone.discard(
        "reading table `public.customers`: the connection is lost",
        after(350),
    );
    clone
}

/// The second try, on a fresh clone.
pub fn masking_again() -> CloneRecord {
    let mut clone = discarding();
    clone.start_over(after(600));
    clone.cluster_resource_id = Some("cluster-R2".into());
    clone.enter(CloneState::Masking, after(900));
    clone
}

/// The verification found what must not be there.
pub fn found() -> CloneRecord {
    let mut clone = masking();
    let finding = |column: &str, what: &str, count| Finding {
        table: "public.customers".into(),
        column: Some(column.into()),
        what: what.into(),
        count,
    };
    let mut report = MaskingReport::default();
    report.note_findings(vec![
        finding("notes", "e-mail addresses", 30_000),
        finding("phone", "original values", 2),
    ]);
    report.more_findings = 3;
    clone.report = Some(report);
    clone.fail(Failed {
        step: State::Mask,
        failure: Failure::Unverified,
        cause: "the verification found what must not be there:\n  public.customers.notes: e-mail addresses (30000)".into(),
        at: after(320),
    });
    clone
}

pub fn ready() -> CloneRecord {
    let mut clone = masking();
    clone.enter(CloneState::Resizing, after(502));
    clone.enter(CloneState::Releasing, after(742));
    let table = |name: &str, columns, rows| MaskedTable {
        name: name.into(),
        columns,
        rows,
        method: "update".into(),
        seconds: 12.5,
    };
    clone.report = Some(MaskingReport {
        tables: vec![
            table("public.customers", 6, 100_000),
            table("public.payments", 2, 250_000),
        ],
        users_locked: 4,
        dropped: vec!["foreign server `billing`".into()],
        seconds: BTreeMap::new(),
        rules_hash: "9f2c4b7a1e0d9f2c4b7a1e0d".into(),
        scan: Some(Scan {
            tables: 14,
            columns: 61,
            rows: 812_345,
            ..Scan::default()
        }),
        ..MaskingReport::default()
    });
    let access = Access {
        host: "doppel-production-20260131-k3x9qa.cluster-c1.eu-west-1.rds.amazonaws.com".into(),
        port: 5432,
        database: "shop".into(),
        user: "doppel".into(),
        secret: clone.id.user_secret(),
        proxy: None,
    };
    clone.hand_over(access, after(760));
    clone
}

pub fn failed() -> CloneRecord {
    let mut clone = masking();
    clone.fail(Failed {
        step: State::Mask,
        failure: Failure::Unverified,
        cause: "these columns are not classified: `public.customers.notes`".into(),
        at: after(320),
    });
    clone
}

pub fn deleting() -> CloneRecord {
    let mut clone = ready();
    clone.claim_deletion(
        DeleteReason::Asked(Principal::Slack("U0CAROL".into())),
        after(90_000),
    );
    clone
}

pub fn deleted() -> CloneRecord {
    let mut clone = ready();
    clone.claim_deletion(DeleteReason::Expired, after(87_200));
    clone.close(after(87_500));
    clone
}
