//! A clone's progress as notifications on an SNS topic, to which Amazon Q Developer in chat applications listens.

use chrono::{DateTime, TimeDelta, Utc};
use domain::CloneRecord;
use domain::record::Announced;
use domain::workflow::{Caught, ExecutionRef};
use runtime::Decision;
use runtime::aws::failed;
use slack::notification::{self, Notification};

use crate::{Deps, Error};

/// Whoever set about telling something longer ago than this, and did not say that it is told, broke down over it:
/// much longer than a Lambda lives.
const BROKE_DOWN: TimeDelta = TimeDelta::minutes(10);

/// Publishes what the record says, if that was not told yet.
///
/// A topic cannot be asked what it was told, so it is claimed in the record first: of any number of invocations one
/// tells it. What could not be published is given back, to be tried again; what a broken invocation left claimed is
/// told by whoever looks next, at the latest the hourly sweep.
pub(crate) async fn tell(deps: &Deps, clone: &CloneRecord) -> Result<(), Error> {
    let topic = notification::topic_of(clone);
    if deps.topic.is_none() || !is_open(clone.announced.as_ref(), &topic, deps.clock.now()) {
        return Ok(());
    }
    let Some(before) = claim(deps, clone, &topic).await? else {
        return Ok(());
    };
    let published = publish(deps, &notification::of(clone, &deps.prices().await)).await;
    deps.records
        .update(&clone.id, |record| match &mut record.announced {
            Some(announced) if announced.topic == topic && !announced.is_told => {
                match &published {
                    Ok(()) => announced.is_told = true,
                    Err(_) => record.announced.clone_from(&before),
                }
                Decision::Write
            }
            _ => Decision::Keep,
        })
        .await?;
    published
}

/// Whether this is still to be told, and nobody is at it.
fn is_open(announced: Option<&Announced>, topic: &str, now: DateTime<Utc>) -> bool {
    announced.is_none_or(|announced| {
        announced.topic != topic || (!announced.is_told && now - announced.begun_at > BROKE_DOWN)
    })
}

/// Claims the telling. None if another invocation was first; else what was noted before.
async fn claim(deps: &Deps, clone: &CloneRecord, topic: &str) -> Result<Option<Option<Announced>>, Error> {
    let now = deps.clock.now();
    let mut before = None;
    deps.records
        .update(&clone.id, |record| {
            // Another state is told by whoever saw it.
            if notification::topic_of(record) != topic || !is_open(record.announced.as_ref(), topic, now) {
                before = None;
                return Decision::Keep;
            }
            before = Some(record.announced.clone());
            record.announced = Some(Announced {
                topic: topic.to_owned(),
                begun_at: now,
                is_told: false,
            });
            Decision::Write
        })
        .await?;
    Ok(before)
}

/// Publishes why an execution made no clone.
pub(crate) async fn refusal(deps: &Deps, execution: &ExecutionRef, caught: &Caught) -> Result<(), Error> {
    publish(deps, &notification::refused(execution, caught)).await
}

async fn publish(deps: &Deps, notification: &Notification) -> Result<(), Error> {
    let Some(topic) = &deps.topic else {
        return Ok(());
    };
    deps.sns
        .publish()
        .topic_arn(topic)
        .message(notification.to_json())
        .send()
        .await
        .map_err(failed("Publish", topic))?;
    Ok(())
}
