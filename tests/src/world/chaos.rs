//! Things going wrong on purpose.

use domain::CloneState;
use domain::record::DeleteReason;
use local_aws::Kind;

use super::{ALICE, World};
use crate::wait::until;

impl World {
    /// Stops every ECS task that runs, as a failing machine would.
    pub async fn kill_tasks(&self) {
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
                .reason("the machine died")
                .send()
                .await
                .expect("it stops");
        }
    }

    /// How many AWS calls a good run makes, from the request until all is quiet.
    pub async fn calls_of_a_good_run(&self) -> usize {
        self.until_quiet().await;
        let before = self.aws().count();
        self.asks(ALICE, "/clone production").await;
        self.handed_over().await;
        self.until_quiet().await;
        self.aws().count() - before
    }

    /// The `n`-th call from now on fails, once.
    pub fn fail_call_from_now(&self, n: usize, kind: Kind) {
        self.aws().faults().clear();
        self.aws().faults().fail_call(self.aws().count() + n, kind);
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
