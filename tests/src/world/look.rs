//! What everybody sees.

use aws_sdk_rds::types::DbCluster;
use domain::policy::Engine;
use domain::{CloneRecord, CloneState};
use local_slack::Message;
use sha2::{Digest, Sha256};

use super::{CHANNEL, World};
use crate::wait::until;

impl World {
    /// Waits until the channel says this, in any version of any message.
    pub async fn until_said(&self, words: &str) {
        let shows = |world: &World| {
            let messages = world.slack().messages(CHANNEL);
            messages.iter().flat_map(Message::versions).any(|version| {
                version.text.contains(words)
                    || version
                        .blocks
                        .iter()
                        .any(|block| texts(block).any(|text| text.contains(words)))
            })
        };
        let start = std::time::Instant::now();
        while !shows(self) {
            assert!(
                start.elapsed() < crate::PATIENCE,
                "nobody said `{words}`:\n{}",
                self.slack().transcript_with_history(CHANNEL)
            );
            tokio::time::sleep(crate::wait::PAUSE).await;
        }
    }

    /// The messages in the channel (not in threads) about a clone.
    pub fn messages_about(&self, clone: &CloneRecord) -> Vec<Message> {
        let about = |message: &Message| {
            message
                .metadata
                .as_ref()
                .is_some_and(|data| data.to_string().contains(clone.id.as_str()))
        };
        let all = self.slack().messages(CHANNEL);
        all.into_iter()
            .filter(|message| message.thread_ts.is_none() && about(message))
            .collect()
    }

    /// The warnings of a clone's expiry: replies to its message.
    fn warnings(&self, clone: &CloneRecord) -> Vec<Message> {
        let Some(message) = self.messages_about(clone).into_iter().next() else {
            return Vec::new();
        };
        let all = self.slack().messages(CHANNEL);
        all.into_iter()
            .filter(|reply| reply.thread_ts.as_ref() == Some(&message.ts))
            .collect()
    }

    /// How often a clone's owner was warned.
    pub fn warnings_about(&self, clone: &CloneRecord) -> usize {
        self.warnings(clone).len()
    }

    /// The timestamp of the warning of a clone's expiry, as soon as there is one.
    pub async fn warning(&self, clone: &CloneRecord) -> String {
        until("its owner is warned", || async {
            self.warnings(clone).into_iter().next()
        })
        .await
        .ts
    }

    /// The names of the clusters that exist.
    pub fn clusters(&self) -> Vec<String> {
        let mut clusters = self.aws().rds().clusters();
        clusters.sort();
        clusters
    }

    /// The cluster as RDS shows it.
    pub async fn cluster(&self, clone: &CloneRecord) -> Option<DbCluster> {
        let call = self
            .local
            .rds()
            .describe_db_clusters()
            .db_cluster_identifier(clone.id.as_str());
        call.send().await.ok()?.db_clusters?.pop()
    }

    /// Where the clone listens, released or not.
    pub async fn endpoint(&self, clone: &CloneRecord) -> (String, u16) {
        until("the clone has an endpoint", || async {
            let cluster = self.cluster(clone).await?;
            Some((cluster.endpoint?, u16::try_from(cluster.port?).ok()?))
        })
        .await
    }

    /// Secrets of clones that still exist.
    pub async fn secrets_left(&self) -> Vec<String> {
        self.local
            .secrets()
            .names("doppel/doppel-")
            .await
            .expect("the secrets are listed")
    }

    /// Slots of production's lineage that are taken.
    pub async fn slots_taken(&self) -> usize {
        self.set_size("lineage#production").await
    }

    async fn set_size(&self, key: &str) -> usize {
        let db = aws_sdk_dynamodb::Client::new(self.local.config());
        let key = aws_sdk_dynamodb::types::AttributeValue::S(key.to_owned());
        let table = &self.local.addresses().table;
        let item = db
            .get_item()
            .table_name(table)
            .key("DBClusterIdentifier", key)
            .consistent_read(true)
            .send()
            .await;
        let item = item.expect("the table answers").item.unwrap_or_default();
        item.get("clones")
            .and_then(|set| set.as_ss().ok())
            .map_or(0, Vec::len)
    }

    /// A digest of production's schema and rows: what its dump would say.
    pub async fn production_digest(&self) -> String {
        let mut production = self.production().await;
        let (tables, row) = match self.engine {
            Engine::Postgres => (
                "SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
                "t::text",
            ),
            Engine::Mysql => (
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop' AND table_type = 'BASE TABLE' ORDER BY 1",
                "",
            ),
        };
        let mut digest = Sha256::new();
        for table in production.rows(tables).await {
            let columns = production.rows(&format!(
                "SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
            )).await;
            let what = if row.is_empty() {
                columns.join(", ")
            } else {
                row.to_owned()
            };
            let mut rows = production.rows(&format!("SELECT {what} FROM {table} t")).await;
            rows.sort();
            digest.update(format!("{table} {columns:?} {rows:?}"));
        }
        digest.update(production.rows(&self.users()).await.join("\n"));
        hex::encode(digest.finalize())
    }

    fn users(&self) -> String {
        match self.engine {
            Engine::Postgres => "SELECT rolname, rolcanlogin FROM pg_roles ORDER BY 1".into(),
            Engine::Mysql => "SELECT user, host FROM information_schema.processlist WHERE 1 = 0".into(),
        }
    }

    /// Waits until no execution, task or delivery is under way.
    pub async fn until_quiet(&self) {
        let quiet = tokio::time::timeout(crate::PATIENCE, self.aws().idle()).await;
        quiet.expect("the world becomes quiet");
    }

    /// Waits until every clone is handed over or gone, and nothing is under way.
    pub async fn until_settled(&self) {
        until("every clone is handed over or gone", || async {
            self.until_quiet().await;
            let settled = |state| matches!(state, CloneState::Ready | CloneState::Deleted);
            self.records()
                .await
                .iter()
                .all(|record| settled(record.state))
                .then_some(())
        })
        .await;
    }
}

/// All texts in a block.
fn texts(value: &serde_json::Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match value {
        serde_json::Value::String(text) => Box::new(std::iter::once(text.as_str())),
        serde_json::Value::Array(items) => Box::new(items.iter().flat_map(texts)),
        serde_json::Value::Object(fields) => Box::new(fields.values().flat_map(texts)),
        _ => Box::new(std::iter::empty()),
    }
}
