//! The RDS Data API: statements over HTTPS, run on the cluster's real server as the user of a secret.
//!
//! Its limits, error codes and the way in which values come back are those that AWS documents, or that others have seen
//! of it; what was seen by nobody is refused rather than guessed. Security groups do not count, as in AWS.
//!
//! What differs, knowingly: each call outside a transaction has a connection of its own, where AWS keeps some open; column
//! metadata names no table on PostgreSQL.

mod fault;
mod limits;
mod mysql;
mod postgres;
mod session;
mod statement;
mod transactions;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use winterbaume_rdsdata::model::{
    BatchExecuteStatementRequest, BatchExecuteStatementResponse, BeginTransactionRequest,
    BeginTransactionResponse, CommitTransactionRequest, CommitTransactionResponse, ExecuteStatementRequest,
    Field, RollbackTransactionRequest, RollbackTransactionResponse, SqlParameter, UpdateResult,
};

use crate::answer::{self, Answer};
use crate::rds::{Rds, Unreachable};
use crate::secrets::Secrets;
use crate::work::Work;
use fault::Fault;
use session::{Login, Session};
use statement::Statement;
use transactions::{Held, Transactions};
use value::{Cell, Outcome};

pub(crate) const SERVICE: &str = "rds-data";

/// What the Data API is told from outside.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who may use which secret.
    pub guard: Guard,
    /// How long a statement may take: 45 seconds in AWS.
    pub statement_timeout: Duration,
}

impl Default for Options {
    /// AWS's own limit, and everybody may use every secret.
    fn default() -> Self {
        Self {
            guard: Guard::new(|_, _| true),
            statement_timeout: limits::STATEMENT,
        }
    }
}

/// Stands for what IAM decides: whether a caller, by name, may use a secret, by its tags.
#[derive(Clone)]
pub struct Guard(Arc<Decide>);

type Decide = dyn Fn(&str, &BTreeMap<String, String>) -> bool + Send + Sync;

impl Guard {
    /// A guard that decides so.
    pub fn new(may: impl Fn(&str, &BTreeMap<String, String>) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(may))
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

/// The Data API.
pub(crate) struct DataApi {
    rds: Rds,
    secrets: Secrets,
    work: Work,
    options: Options,
    transactions: Transactions,
}

/// What every call names.
struct Target<'a> {
    resource: &'a str,
    secret: &'a str,
    database: Option<&'a str>,
}

impl DataApi {
    pub(crate) fn new(rds: Rds, secrets: Secrets, work: Work, options: Options) -> Self {
        Self {
            transactions: Transactions::new(work.clone()),
            rds,
            secrets,
            work,
            options,
        }
    }

    pub(crate) async fn call(&self, principal: &str, operation: &str, request: &Request<Bytes>) -> Answer {
        let body = request.body();
        let answered = match operation {
            "ExecuteStatement" => self.execute(principal, body).await,
            "BatchExecuteStatement" => self.batch(principal, body).await,
            "BeginTransaction" => self.begin(principal, body).await,
            "CommitTransaction" => self.commit(principal, body).await,
            "RollbackTransaction" => self.roll_back(principal, body).await,
            other => Err(fault::BAD_REQUEST.because(format!("{other} isn't supported for this DB cluster"))),
        };
        // Neither statements nor errors are logged: they hold values.
        answered.unwrap_or_else(|fault| fault.answer())
    }

    async fn execute(&self, principal: &str, body: &Bytes) -> Result<Answer, Fault> {
        let asked: ExecuteStatementRequest = read(body)?;
        limits::check_sql(&asked.sql)?;
        no_schema(asked.schema.as_ref())?;
        let target = Target {
            resource: &asked.resource_arn,
            secret: &asked.secret_arn,
            database: asked.database.as_deref(),
        };
        let session = self
            .session(principal, &target, asked.transaction_id.as_deref())
            .await?;
        let statement = Statement::read(session.kind(), &asked.sql)?;
        let sets = vec![asked.parameters.clone().unwrap_or_default()];
        let goes_on = asked.continue_after_timeout == Some(true);
        let outcomes = self.run(session, statement, sets, goes_on).await?;
        let outcome = outcomes.into_iter().next().unwrap_or_default();
        Ok(answer::json(SERVICE, &result(outcome, &asked)?))
    }

    async fn batch(&self, principal: &str, body: &Bytes) -> Result<Answer, Fault> {
        let asked: BatchExecuteStatementRequest = read(body)?;
        limits::check_sql(&asked.sql)?;
        no_schema(asked.schema.as_ref())?;
        let target = Target {
            resource: &asked.resource_arn,
            secret: &asked.secret_arn,
            database: asked.database.as_deref(),
        };
        let session = self
            .session(principal, &target, asked.transaction_id.as_deref())
            .await?;
        let statement = Statement::read(session.kind(), &asked.sql)?;
        let sets = asked.parameter_sets.filter(|sets| !sets.is_empty());
        let outcomes = self
            .run(session, statement, sets.unwrap_or_else(|| vec![vec![]]), false)
            .await?;
        let results = outcomes.iter().map(|outcome| UpdateResult {
            generated_fields: Some(generated(outcome)),
        });
        let answer = BatchExecuteStatementResponse {
            update_results: Some(results.collect()),
        };
        Ok(answer::json(SERVICE, &answer))
    }

    async fn begin(&self, principal: &str, body: &Bytes) -> Result<Answer, Fault> {
        let asked: BeginTransactionRequest = read(body)?;
        no_schema(asked.schema.as_ref())?;
        let target = Target {
            resource: &asked.resource_arn,
            secret: &asked.secret_arn,
            database: asked.database.as_deref(),
        };
        let mut session = self.open(principal, &target).await?;
        session.command("BEGIN").await?;
        let id = self.transactions.add(target.resource, session);
        let answer = BeginTransactionResponse {
            transaction_id: Some(id),
        };
        Ok(answer::json(SERVICE, &answer))
    }

    async fn commit(&self, principal: &str, body: &Bytes) -> Result<Answer, Fault> {
        let asked: CommitTransactionRequest = read(body)?;
        let ids = (&asked.resource_arn, &asked.secret_arn, &asked.transaction_id);
        self.end(principal, ids, "COMMIT").await?;
        let answer = CommitTransactionResponse {
            transaction_status: Some("Transaction Committed".into()),
        };
        Ok(answer::json(SERVICE, &answer))
    }

    async fn roll_back(&self, principal: &str, body: &Bytes) -> Result<Answer, Fault> {
        let asked: RollbackTransactionRequest = read(body)?;
        let ids = (&asked.resource_arn, &asked.secret_arn, &asked.transaction_id);
        self.end(principal, ids, "ROLLBACK").await?;
        let answer = RollbackTransactionResponse {
            transaction_status: Some("Rollback Complete".into()),
        };
        Ok(answer::json(SERVICE, &answer))
    }

    async fn end(
        &self,
        principal: &str,
        (resource, secret, id): (&String, &String, &String),
        how: &str,
    ) -> Result<(), Fault> {
        self.login(principal, secret)?;
        let mut session = self.transactions.take(resource, id)?;
        session.command(how).await
    }

    /// The transaction's connection, or a new one.
    async fn session(
        &self,
        principal: &str,
        target: &Target<'_>,
        transaction: Option<&str>,
    ) -> Result<Held, Fault> {
        match transaction {
            None => self.open(principal, target).await.map(Held::Own),
            Some(id) => {
                self.login(principal, target.secret)?;
                self.transactions.hold(target.resource, id)
            }
        }
    }

    async fn open(&self, principal: &str, target: &Target<'_>) -> Result<Session, Fault> {
        let resource = target.resource;
        let reached = self.rds.reach(resource).map_err(|why| match why {
            Unreachable::NoEndpoint => {
                fault::NOT_ENABLED.because(format!("HttpEndpoint is not enabled for resource {resource}."))
            }
            Unreachable::NoInstance => fault::NO_INSTANCE.because("The DB cluster doesn't have a DB instance."),
            Unreachable::Resuming(instance) => fault::RESUMING.because(format!(
                "The Aurora DB instance {instance} is resuming after being auto-paused. Please wait a few seconds and try again."
            )),
            Unreachable::Unavailable => {
                fault::UNAVAILABLE.because("The writer instance in the DB cluster isn't available.")
            }
        })?;
        let login = self.login(principal, target.secret)?;
        Session::open(reached, &login, target.database).await
    }

    /// What the secret says, if this caller may use it.
    fn login(&self, principal: &str, secret: &str) -> Result<Login, Fault> {
        let missing = || fault::NO_SECRET.because("Secrets Manager can't find the specified secret.");
        let tags = self.secrets.tags(secret).ok_or_else(missing)?;
        if !(self.options.guard.0)(principal, &tags) {
            return Err(fault::ACCESS_DENIED.because(format!(
                "User: {principal} is not authorized to perform: secretsmanager:GetSecretValue on resource: {secret}"
            )));
        }
        let text = self.secrets.value(secret).ok_or_else(missing)?;
        serde_json::from_str(&text).map_err(|_| {
            fault::INVALID_SECRET.because("The secret must be JSON with the keys `username` and `password`.")
        })
    }

    /// Runs a statement once for each set of parameters, within the time that a call has. What takes longer is
    /// cancelled, unless it is to go on.
    async fn run(
        &self,
        mut session: Held,
        statement: Statement,
        sets: Vec<Vec<SqlParameter>>,
        goes_on: bool,
    ) -> Result<Vec<Outcome>, Fault> {
        let (canceller, id) = (session.canceller(), session.id());
        let mut running = self.work.spawn_quietly(async move {
            let mut outcomes = Vec::new();
            for set in sets {
                match session.run(&statement, &|name| value::given(&set, name)).await {
                    Ok(outcome) => outcomes.push(outcome),
                    Err(fault) => {
                        session.give_up().await;
                        return Err(fault);
                    }
                }
            }
            session.close().await;
            Ok(outcomes)
        });
        match tokio::time::timeout(self.options.statement_timeout, &mut running).await {
            Ok(Ok(Some(outcomes))) => outcomes,
            Ok(_) => Err(fault::INTERNAL.because("The embedded Data API failed.")),
            Err(_) => {
                if !goes_on {
                    canceller.cancel().await;
                }
                Err(Fault::timed_out(id))
            }
        }
    }
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Fault> {
    serde_json::from_slice(body)
        .map_err(|error| fault::BAD_REQUEST.because(format!("The request cannot be read: {error}")))
}

fn no_schema(schema: Option<&String>) -> Result<(), Fault> {
    match schema {
        None => Ok(()),
        Some(_) => Err(fault::INVALID.because("The schema parameter isn't supported")),
    }
}

/// What MySQL numbered; PostgreSQL says it by RETURNING.
fn generated(outcome: &Outcome) -> Vec<Field> {
    let number = outcome.generated.and_then(|number| i64::try_from(number).ok());
    let field = number.map(|number| Field {
        long_value: Some(number),
        ..Field::default()
    });
    field.into_iter().collect()
}

/// The answer to ExecuteStatement: only a query has records.
fn result(outcome: Outcome, asked: &ExecuteStatementRequest) -> Result<Value, Fault> {
    let mut answer = json!({ "numberOfRecordsUpdated": outcome.updated });
    if outcome.columns.is_empty() {
        answer["generatedFields"] = json!(generated(&outcome));
    } else if asked.format_records_as.as_deref() == Some("JSON") {
        answer["formattedRecords"] = json!(formatted(&outcome)?);
    } else {
        let options = asked.result_set_options.clone().unwrap_or_default();
        let fields = |row: Vec<Cell>| row.into_iter().map(|cell| cell.field(&options)).collect();
        answer["records"] = outcome
            .rows
            .into_iter()
            .map(fields)
            .collect::<Vec<Value>>()
            .into();
        if asked.include_result_metadata == Some(true) {
            answer["columnMetadata"] = json!(outcome.columns);
        }
    }
    Ok(answer)
}

/// All rows as one JSON text: objects by the columns' labels, exact numbers digit by digit.
fn formatted(outcome: &Outcome) -> Result<String, Fault> {
    let labels: Vec<_> = outcome
        .columns
        .iter()
        .map(|column| column.label.clone().unwrap_or_default())
        .collect();
    for (at, label) in labels.iter().enumerate() {
        if labels[..at].contains(label) {
            return Err(
                fault::UNSUPPORTED_RESULT.because(format!("The result has several columns called {label}."))
            );
        }
    }
    let objects = outcome.rows.iter().map(|row| {
        let pairs = labels.iter().zip(row);
        let pairs =
            pairs.map(|(label, cell)| format!("{}:{}", serde_json::Value::from(label.as_str()), cell.json()));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
    });
    Ok(format!("[{}]", objects.collect::<Vec<_>>().join(",")))
}
