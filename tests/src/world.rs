//! A whole doppel on this machine, and what a spec does with it and sees of it.

mod builder;
mod chaos;
mod look;
mod moment;

use domain::policy::Engine;
use domain::request::Principal;
use domain::{CloneId, CloneRecord, CloneState};
use doppel::local::shop::REPORTS;
use doppel::local::{Local, SLACK_TOKEN};
use local_aws::LocalAws;
use local_slack::{Answer, LocalSlack};

use crate::database::{Database, Secret};
use crate::wait::until;

pub use builder::WorldBuilder;
pub use chaos::Call;
pub use moment::{Moment, moments};

/// A person in the embedded Slack.
pub const ALICE: &str = "U0ALICE";
/// Another one.
pub const BOB: &str = "U0BOB";
/// A third one: an admin, and the only member of the user group `S0PLATFORM`.
pub const CAROL: &str = "U0CAROL";
/// Whoever sits at the machine, and is everybody in the embedded Slack.
pub const OPERATOR: &str = "operator";
/// The channel in which everybody asks.
pub const CHANNEL: &str = "C0CLONES";

/// The principal that a Slack user is.
pub fn slack_user(user: &str) -> Principal {
    Principal::Slack(user.to_owned())
}

/// A running doppel.
pub struct World {
    local: Local,
    engine: Engine,
}

impl World {
    /// On PostgreSQL, with a small shop.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Another world than the usual one.
    pub fn builder() -> WorldBuilder {
        WorldBuilder::default()
    }

    /// Stops every server and removes every file.
    pub async fn stop(self) {
        self.local.stop().await;
    }

    /// The embedded Slack.
    pub fn slack(&self) -> &LocalSlack {
        self.local.slack()
    }

    /// The embedded AWS.
    pub fn aws(&self) -> &LocalAws {
        self.local.aws()
    }

    /// All of it, for what the world has no word for.
    pub fn local(&self) -> &Local {
        &self.local
    }

    /// The ARN of the clone state machine.
    pub fn state_machine_arn(&self) -> &str {
        &self.local.addresses().state_machine_arn
    }

    /// Somebody types something in the channel.
    pub async fn asks(&self, user: &str, text: &str) -> Answer {
        self.slack().says(user, CHANNEL, text).await
    }

    /// Somebody with AWS rights starts the state machine directly.
    pub async fn starts(&self, input: &str) -> String {
        let call = self
            .local
            .sfn()
            .start_execution()
            .state_machine_arn(self.state_machine_arn())
            .input(input);
        call.send().await.expect("the execution starts").execution_arn
    }

    /// Somebody stops an execution in the console.
    pub async fn stop_execution(&self, arn: &str) {
        self.local
            .sfn()
            .stop_execution()
            .execution_arn(arn)
            .send()
            .await
            .expect("the execution stops");
    }

    /// Somebody puts another bot token into its secret.
    pub async fn sets_slack_token(&self, token: &str) {
        let secrets = aws_sdk_secretsmanager::Client::new(self.local.config());
        let put = secrets
            .put_secret_value()
            .secret_id(SLACK_TOKEN)
            .secret_string(token);
        put.send().await.expect("the secret is there");
    }

    /// A sweep of everything starts, as at any full hour.
    pub async fn sweeps(&self) {
        let sweep = self.local.sfn().start_execution();
        let sweep = sweep
            .state_machine_arn(&self.local.addresses().sweep_arn)
            .input("{}");
        sweep.send().await.expect("the execution starts");
    }

    /// Every record there is.
    pub async fn records(&self) -> Vec<CloneRecord> {
        self.local.records().list_all().await.expect("the table answers")
    }

    /// The record of that clone.
    pub async fn record(&self, id: &CloneId) -> CloneRecord {
        self.local
            .records()
            .get(id)
            .await
            .expect("the table answers")
            .expect("the record exists")
    }

    /// Waits until the records are so.
    pub async fn until_records(&self, what: &str, are: impl Fn(&[CloneRecord]) -> bool) -> Vec<CloneRecord> {
        until(what, || async {
            let records = self.records().await;
            are(&records).then_some(records)
        })
        .await
    }

    /// Waits until that record is so.
    pub async fn until_record(&self, id: &CloneId, is: impl Fn(&CloneRecord) -> bool) -> CloneRecord {
        until(&format!("the record of {id} is as wanted"), || async {
            let record = self.record(id).await;
            is(&record).then_some(record)
        })
        .await
    }

    /// The one clone that there is, as soon as there is one.
    pub async fn only(&self) -> CloneRecord {
        self.until_records("there is one clone", |all| all.len() == 1)
            .await
            .remove(0)
    }

    /// The one clone of which this is so.
    async fn the_one(&self, what: &str, is: impl Fn(&CloneRecord) -> bool) -> CloneRecord {
        let all = self.until_records(what, |all| all.iter().any(&is)).await;
        all.into_iter().find(is).expect("it was just seen")
    }

    /// The clone that is handed over.
    ///
    /// # Panics
    /// When a clone failed instead: with why.
    pub async fn handed_over(&self) -> CloneRecord {
        let clone = self.the_one("a clone is handed over", |clone| {
            clone.ready_at.is_some() || clone.failure.is_some()
        });
        let clone = clone.await;
        assert!(clone.ready_at.is_some(), "the clone failed: {:?}", clone.failure);
        clone
    }

    /// The clone that failed.
    pub async fn failed(&self) -> CloneRecord {
        self.the_one("a clone failed", |clone| clone.failure.is_some())
            .await
    }

    /// The clone that is in this state, or past it on its way.
    pub async fn until_state(&self, state: CloneState) -> CloneRecord {
        self.the_one(&format!("a clone is {state}"), |clone| clone.state >= state)
            .await
    }

    /// Waits until nothing of that clone is left.
    pub async fn until_closed(&self, id: &CloneId) {
        until(&format!("{id} is gone"), || async {
            let closed = self
                .records()
                .await
                .iter()
                .any(|r| r.id == *id && r.state == CloneState::Deleted);
            closed.then_some(())
        })
        .await;
    }

    /// The login that lies in a secret.
    pub async fn secret(&self, name: &str) -> Secret {
        let text = self.aws().secret_value(name).expect("the secret exists");
        serde_json::from_str(&text).expect("the secret is a login")
    }

    /// Opens the clone with the credentials that were handed over.
    pub async fn open(&self, clone: &CloneRecord) -> Database {
        let access = clone.access.as_ref().expect("the clone was handed over");
        let secret = self.secret(&access.secret).await;
        let entry = Database::login(clone.engine, &access.host, access.port, &access.database, &secret).await;
        entry.expect("the handed-over credentials work")
    }

    /// Opens production, as a user who may read everything.
    pub async fn production(&self) -> Database {
        let source = self.local.source();
        let (username, password) = match self.engine {
            Engine::Postgres => (REPORTS.name, REPORTS.password),
            Engine::Mysql => self.production_master(),
        };
        let secret = Secret {
            username: username.into(),
            password: password.into(),
        };
        let entry = Database::login(self.engine, &source.host, source.port, &source.database, &secret).await;
        entry.expect("production answers")
    }

    /// Production's master and its password.
    pub fn production_master(&self) -> (&str, &str) {
        (
            &self.local.source().master_user,
            &self.local.source().master_password,
        )
    }
}
