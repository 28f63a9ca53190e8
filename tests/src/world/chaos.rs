//! Things going wrong on purpose.

use std::collections::BTreeMap;

use domain::CloneState;
use domain::record::DeleteReason;
use local_aws::{Fault, Kind, Recorded};

use super::{ALICE, World};
use crate::wait::until;

/// The harness's own calls are made by the caller of this name.
const HARNESS: &str = "local";

/// One call that doppel makes on its way.
#[derive(Clone, Debug)]
pub struct Call {
    principal: String,
    service: String,
    operation: String,
    nth: usize,
}

impl Call {
    /// Made in order to tell people of a clone: such a call is made again until it is heard, and ends nothing.
    pub fn only_tells(&self) -> bool {
        self.principal == "lambda-notify"
    }
}

impl World {
    /// Stops every ECS task that runs, as somebody in the console would: with a signal first.
    pub async fn stop_tasks(&self) {
        let ecs = aws_sdk_ecs::Client::new(self.local.config());
        let tasks = until("a task runs", || async {
            let running = ecs
                .list_tasks()
                .cluster("doppel")
                .send()
                .await
                .expect("ECS answers")
                .task_arns?;
            (!running.is_empty()).then_some(running)
        })
        .await;
        for task in tasks {
            ecs.stop_task()
                .cluster("doppel")
                .task(task)
                .reason("somebody stopped it")
                .send()
                .await
                .expect("it stops");
        }
    }

    /// The AWS calls of a good run, from the request until all is quiet: who, what, and the how-manieth of its kind.
    pub async fn calls_of_a_good_run(&self) -> Vec<Call> {
        self.until_quiet().await;
        let before = self.aws().count();
        self.asks(ALICE, "/clone production").await;
        self.handed_over().await;
        self.until_quiet().await;
        let mut kinds = BTreeMap::new();
        let calls = self.aws().calls().split_off(before);
        let of_doppel = calls.into_iter().filter(|call| call.principal != HARNESS);
        of_doppel
            .map(
                |Recorded {
                     principal,
                     service,
                     operation,
                     ..
                 }| {
                    let seen = kinds
                        .entry((principal.clone(), service.clone(), operation.clone()))
                        .or_insert(0);
                    *seen += 1;
                    Call {
                        principal,
                        service,
                        operation,
                        nth: *seen - 1,
                    }
                },
            )
            .collect()
    }

    /// Those calls, counted from now on, go wrong, each once, and nothing else does.
    pub fn fail_from_now(&self, calls: &[Call], kind: impl Fn() -> Kind) {
        self.aws().faults().clear();
        calls.iter().for_each(|call| self.fail_too(call, kind()));
    }

    fn fail_too(&self, call: &Call, kind: Kind) {
        let is_such = |made: &&Recorded| {
            (&made.principal, &made.service, &made.operation)
                == (&call.principal, &call.service, &call.operation)
        };
        let so_far = self.aws().calls().iter().filter(is_such).count();
        let fault = Fault::new(kind)
            .principal(&call.principal)
            .operation(&call.service, &call.operation);
        self.aws().faults().inject(fault.nth(so_far + call.nth));
    }

    /// Removes every clone and what is remembered of it.
    pub async fn forget_everything(&self) {
        self.aws().faults().clear();
        self.until_quiet().await;
        let records = self.local.records();
        let now = self.local.clock().now();
        for clone in records.list_alive().await.expect("the table answers") {
            let claim = |record: &mut domain::CloneRecord| {
                record.claim_deletion(DeleteReason::Abandoned, now);
                runtime::Decision::Write
            };
            records
                .update(&clone.id, claim)
                .await
                .expect("the record is written");
        }
        let sweep = &self.local.addresses().sweep_arn;
        self.local
            .sfn()
            .start_execution()
            .state_machine_arn(sweep)
            .input("{}")
            .send()
            .await
            .expect("a sweep starts");
        self.until_records("everything is gone", |all| {
            all.iter().all(|clone| clone.state == CloneState::Deleted)
        })
        .await;
        self.until_quiet().await;
        let db = aws_sdk_dynamodb::Client::new(self.local.config());
        for clone in records.list_all().await.expect("the table answers") {
            let key = aws_sdk_dynamodb::types::AttributeValue::S(clone.id.to_string());
            let table = &self.local.addresses().table;
            db.delete_item()
                .table_name(table)
                .key("DBClusterIdentifier", key)
                .send()
                .await
                .expect("the record goes");
        }
    }
}
