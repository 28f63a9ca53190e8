//! From an execution's input to a record with a slot, or to a record that says why not.

use chrono::{DateTime, Utc};
use domain::admission::{self, Granted, Who};
use domain::people::Groups;
use domain::policy::{Policy, Source};
use domain::record::{Failed, NewClone, PinnedConfig, StepRun};
use domain::request::{BadField, Principal, Wish};
use domain::workflow::{ExecutionRef, State};
use domain::{CloneId, CloneRecord, Failure, SourceName};
use runtime::audit::{self, Decided, Line};
use runtime::{AsFailure, Bench, RecordsError, chain};
use serde_json::{Value, json};

use crate::{Admitted, Error, preflight};

/// What was asked, and by whom, as far as it is believed.
struct Asked {
    wish: Wish,
    principal: Principal,
    channel: Option<String>,
    step: Option<String>,
    /// Which user groups they are in, as Slack told the gateway.
    groups: Groups,
}

impl Asked {
    /// A direct execution's.
    fn by_nobody(policy: &Policy, wish: Wish) -> Self {
        Self {
            wish,
            principal: Principal::Direct,
            channel: policy.slack.channel.clone(),
            step: None,
            groups: Groups::default(),
        }
    }

    fn via(&self) -> &str {
        audit::via(&self.principal, self.channel.as_deref())
    }
}

/// The record of this execution: the one that is there, or a new one with a slot. A request that is refused
/// leaves a record without a slot, so that its message can say why, if its source can be told at all. Either way it
/// leaves an audit line.
pub(crate) async fn admit(bench: &Bench, execution: &ExecutionRef) -> Admitted {
    let policy = bench.config.policy().await?;
    let (asked, bad_field) = match asked(bench, &policy, execution).await {
        Ok(asked) => asked,
        Err(error) => {
            return Err(refused(
                error,
                &Asked::by_nobody(&policy, Wish::default()),
                None,
                None,
            ));
        }
    };
    let name = asked
        .wish
        .source
        .clone()
        .or_else(|| policy.only_source().cloned());
    let known = name
        .as_ref()
        .and_then(|name| policy.source(name).ok().map(|source| (name, source)));
    let Some((name, source)) = known else {
        let error = match (bad_field, admission::grant(&policy, &asked.wish)) {
            (Some(error), _) => error.into(),
            (None, Err(refusal)) => refusal.into(),
            (None, Ok(_)) => Error::Preflight("the policy knows no such source".into()),
        };
        return Err(refused(error, &asked, None, None));
    };
    let id = CloneId::derive(name, &execution.name, execution.started_at);
    if let Some(record) = bench.records.get(&id).await? {
        return own(record, execution).inspect(|record| granted(record, &asked));
    }
    let admission = Admission {
        bench,
        policy: &policy,
        source,
        name,
        execution,
        asked: &asked,
        id: id.clone(),
    };
    match admission.grant_and_create(bad_field).await {
        Err(error) if error.failure() != Failure::Transient => {
            let refusal = admission.refuse(error).await;
            refusal.map_err(|error| refused(error, &asked, Some(&id), Some(name)))
        }
        result => result.inspect(|record| granted(record, &asked)),
    }
}

/// Says that the request was granted, or waits for its approval.
fn granted(record: &CloneRecord, asked: &Asked) {
    let line = Line::about(record, Some(&record.principal), asked.via());
    match &record.approval {
        Some(approval) => line.say(Decided::Awaiting, &approval.why),
        None => line.say(
            Decided::Granted,
            format_args!("{} for {}", record.class, record.lifetime),
        ),
    }
}

/// Says that the request was refused, unless it will be tried again.
fn refused(error: Error, asked: &Asked, clone: Option<&CloneId>, source: Option<&SourceName>) -> Error {
    if error.failure() != Failure::Transient {
        let line = Line {
            who: Some(&asked.principal),
            via: asked.via(),
            clone,
            source: source.or(asked.wish.source.as_ref()),
        };
        line.say(Decided::Refused, chain(&error));
    }
    error
}

/// Who asked for what: from the item that the gateway wrote for this execution, or nobody in particular with
/// what the input says. A field that cannot be read leaves the source, so that the refusal can be told.
async fn asked(
    bench: &Bench,
    policy: &Policy,
    execution: &ExecutionRef,
) -> Result<(Asked, Option<BadField>), Error> {
    let (wish, bad_field) = match Wish::read(&execution.input) {
        Ok(wish) => (wish, None),
        Err(error) => (source_alone(&execution.input), Some(error)),
    };
    let Some(key) = &wish.request else {
        return Ok((Asked::by_nobody(policy, wish), bad_field));
    };
    match bench.records.claim_request(key, &execution.arn).await? {
        // What the gateway wrote was read already; the input only repeats it.
        Some(item) => {
            let wish = Wish {
                request: Some(key.clone()),
                ..item.wish
            };
            Ok((
                Asked {
                    wish,
                    principal: item.principal,
                    channel: item.channel,
                    step: item.step,
                    groups: item.groups,
                },
                None,
            ))
        }
        None => Err(Error::NoSuchRequest(key.clone())),
    }
}

fn source_alone(input: &Value) -> Wish {
    let read = |fields: Value| Wish::read(&fields).ok();
    read(json!({ "source": input["source"], "request": input["request"] })).unwrap_or_default()
}

/// The record, if this execution may go on with it.
fn own(record: CloneRecord, execution: &ExecutionRef) -> Admitted {
    if record.execution_arn != execution.arn {
        return Err(RecordsError::Exists(record.id).into());
    }
    match (&record.failure, record.is_cancelled()) {
        (_, false) => Ok(record),
        (Some(failed), true) => Err(Error::AlreadyFailed {
            failure: failed.failure,
            cause: failed.cause.clone(),
        }),
        (None, true) => Err(runtime::StepError::Cancelled(record.id).into()),
    }
}

/// One request on its way to a record.
struct Admission<'a> {
    bench: &'a Bench,
    policy: &'a Policy,
    source: &'a Source,
    name: &'a SourceName,
    execution: &'a ExecutionRef,
    asked: &'a Asked,
    id: CloneId,
}

impl Admission<'_> {
    async fn grant_and_create(&self, bad_field: Option<BadField>) -> Admitted {
        if let Some(error) = bad_field {
            return Err(error.into());
        }
        let asked = self.asked;
        let who = Who {
            principal: &asked.principal,
            channel: asked.channel.as_deref(),
            groups: &asked.groups,
        };
        let granted = admission::admit(self.policy, who, &asked.wish)?;
        let rules = self.bench.config.checked_rules(&granted.source).await?;
        preflight::check(&self.bench.rds, self.source, &granted.class).await?;
        let record = self.record(granted, rules.pin());
        let cap = admission::cap(self.policy, &asked.principal);
        let created = self.bench.records.create(&record, cap, self.source.slots).await?;
        own(created, self.execution)
    }

    /// Leaves a record that says why, and gives the reason back.
    async fn refuse(&self, error: Error) -> Admitted {
        let wish = &self.asked.wish;
        let wanted = Granted {
            source: self.name.clone(),
            class: wish
                .class
                .clone()
                .unwrap_or_else(|| self.source.default_class.clone()),
            lifetime: wish.lifetime.unwrap_or_default(),
            options: wish.options,
            approval: None,
        };
        let no_rules = PinnedConfig {
            rules: String::new(),
            rules_version: None,
            rules_hash: String::new(),
        };
        let mut record = self.record(wanted, no_rules);
        record.fail(self.failed(&error, self.bench.clock.now()));
        // What was created after all, by a write whose answer was lost, is this execution's to go on with or to
        // abandon; the record says which.
        self.bench.records.create_refused(&record).await?;
        Err(error)
    }

    fn record(&self, granted: Granted, config: PinnedConfig) -> CloneRecord {
        let mut record = CloneRecord::new(NewClone {
            id: self.id.clone(),
            granted,
            source: self.source,
            limits: &self.policy.limits,
            execution: self.execution,
            asked_by: (self.asked.principal.clone(), self.asked.channel.clone()),
            config,
        });
        record.step = self.asked.step.clone().map(|execution| StepRun {
            execution,
            told_at: None,
        });
        record
    }

    fn failed(&self, error: &Error, at: DateTime<Utc>) -> Failed {
        Failed {
            step: State::Clone,
            failure: error.failure(),
            cause: chain(error),
            at,
        }
    }
}
