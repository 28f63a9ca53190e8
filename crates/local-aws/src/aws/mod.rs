//! The whole: one entry for every call, and what a program or a test registers and looks at.

mod programs;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use bytes::Bytes;
use http::{Request, Response};
use tokio::net::TcpListener;

use crate::answer::{self, Answer};
use crate::borrowed::{Borrowed, Published};
use crate::data_api::{self, DataApi};
use crate::dynamodb::DynamoDb;
use crate::ecs::Ecs;
use crate::faults::Faults;
use crate::gate::Gate;
use crate::lambda::Lambda;
use crate::place::Place;
use crate::pricing::Pricing;
use crate::rds::{self, Rds};
use crate::record::{Outcome, Recorded};
use crate::request::{self, Scope};
use crate::schedule::Events;
use crate::secrets::Secrets;
use crate::server::{self, Served};
use crate::sfn::Sfn;
use crate::subject;
use crate::tasks::Integrations;
use crate::work::Work;
use crate::{Time, client};

/// How often [`LocalAws::idle`] looks again while nothing tells it of a change.
const IDLE_POLL: Duration = Duration::from_millis(20);

/// What the embedded AWS is told when it starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// The clock of everything in it.
    pub time: Time,
    /// The folder that it keeps its files in; what it made there is removed at the end.
    pub home: PathBuf,
    /// The Region that ARNs name.
    pub region: String,
    /// The account that ARNs name: twelve digits. STS, SNS and S3 know one account a process, the first.
    pub account: String,
    /// The database service's; its home, Region and account are taken from here.
    pub rds: rds::Options,
    /// The Data API's.
    pub data_api: data_api::Options,
}

impl Options {
    /// AWS's own limits, in `home`, on `time`.
    pub fn new(time: Time, home: impl Into<PathBuf>) -> Self {
        let rds = rds::Options::new(home);
        Self {
            time,
            home: rds.home.clone(),
            region: rds.region.clone(),
            account: rds.account.clone(),
            rds,
            data_api: data_api::Options::default(),
        }
    }
}

/// Why the embedded AWS could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The tables' engine.
    #[error("starting DynamoDB")]
    DynamoDb(#[source] dynoxide::DynoxideError),
    /// The database service.
    #[error("starting RDS")]
    Rds(#[source] rds::Error),
}

/// The embedded AWS. A clone is another handle on the same one.
#[derive(Clone)]
pub struct LocalAws(Arc<Inner>);

struct Inner {
    time: Time,
    place: Place,
    gate: Gate,
    work: Work,
    dynamodb: DynamoDb,
    lambda: Lambda,
    ecs: Ecs,
    secrets: Secrets,
    borrowed: Borrowed,
    pricing: Pricing,
    events: Events,
    sfn: Sfn,
    rds: Rds,
    data_api: DataApi,
}

impl fmt::Debug for LocalAws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalAws")
            .field("place", &self.0.place)
            .finish_non_exhaustive()
    }
}

impl LocalAws {
    /// Starts an empty AWS. Call it within a tokio runtime, and [`shutdown`](Self::shutdown) at the end.
    ///
    /// # Errors
    /// [`Error`] names the service that could not start.
    pub fn start(options: Options) -> Result<Self, Error> {
        let Options {
            time,
            home,
            region,
            account,
            rds,
            data_api,
        } = options;
        let place = Place {
            region: region.clone(),
            account: account.clone(),
        };
        let work = Work::new();
        let gate = Gate::new(time.clone(), work.stop().clone());
        let dynamodb = DynamoDb::new(time.clone(), place.clone(), work.clone()).map_err(Error::DynamoDb)?;
        let lambda = Lambda::new(time.clone(), place.clone(), work.clone());
        let ecs = Ecs::new(time.clone(), place.clone(), work.clone());
        let events = Events::new(time.clone(), work.clone());
        let tasks = Integrations {
            gate: gate.clone(),
            lambda: lambda.clone(),
            ecs: ecs.clone(),
        };
        let sfn = Sfn::new(
            time.clone(),
            region.clone(),
            account.clone(),
            Arc::new(tasks),
            Arc::new(events.clone()),
        );
        let pricing = Pricing::new(rds.classes.clone());
        let rds = Rds::new(
            time.clone(),
            rds::Options {
                home,
                region,
                account,
                ..rds
            },
        )
        .map_err(Error::Rds)?;
        let secrets = Secrets::new(time.clone(), place.clone());
        let read = secrets.clone();
        rds.read_secrets_by(move |arn| read.value(arn));
        let data_api = DataApi::new(rds.clone(), secrets.clone(), work.clone(), data_api);
        let borrowed = Borrowed::new(place.clone());
        let inner = Inner {
            time,
            place,
            gate,
            work,
            dynamodb,
            lambda,
            ecs,
            secrets,
            borrowed,
            pricing,
            events,
            sfn,
            rds,
            data_api,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Answers one request of AWS's API. The service is that of the signature's credential scope, and the
    /// access key id is the caller's name; signatures are not checked. Once begun, a call is carried out even
    /// when the caller goes away.
    pub async fn call(&self, request: Request<Bytes>) -> Response<Bytes> {
        let Some(scope) = request::scope(&request) else {
            return unsigned(&request);
        };
        if !answer::knows(&scope.service) {
            let message = format!(
                "Credential should be scoped to a known service, not `{}`.",
                scope.service
            );
            return answer::error(&scope.service, 403, "InvalidSignatureException", &message);
        }
        let operation = request::operation(&scope.service, &request);
        let gate = &self.0.gate;
        let hash_key = |table: &str| self.0.dynamodb.hash_key(table);
        let subjects = subject::of(&scope.service, &operation, &request, hash_key);
        let admitted = gate.admit(&scope.principal, &scope.service, &operation, subjects);
        let admitted = match admitted.await {
            Ok(admitted) => admitted,
            Err(failure) => {
                return answer::error(&scope.service, failure.status, &failure.code, &failure.message);
            }
        };
        let (aws, service) = (self.clone(), scope.service.clone());
        let carried_out = self
            .0
            .work
            .spawn(async move { aws.carry_out(scope, &operation, request).await })
            .await;
        let answer = match (carried_out, admitted.fails_after) {
            (Ok(Some(_)), Some(failure)) => {
                gate.calls.end(admitted.n, failure.outcome());
                return answer::error(&service, failure.status, &failure.code, &failure.message);
            }
            (Ok(Some(answer)), None) => answer,
            (Ok(None), _) => answer::error(
                &service,
                503,
                "ServiceUnavailable",
                "The embedded AWS is shutting down",
            ),
            (Err(_), _) => answer::error(&service, 500, "InternalFailure", "The embedded AWS failed"),
        };
        gate.calls.end(admitted.n, Outcome::of(&answer, false));
        answer
    }

    async fn carry_out(&self, scope: Scope, operation: &str, request: Request<Bytes>) -> Answer {
        let inner = &self.0;
        match scope.service.as_str() {
            "dynamodb" => inner.dynamodb.call(operation, &request),
            "ecs" => inner.ecs.call(operation, &request),
            "lambda" => inner.lambda.call(operation, &request).await,
            "pricing" => inner.pricing.call(&scope.region, operation, &request),
            "rds" => inner.rds.call(request).await,
            "rds-data" => inner.data_api.call(&scope.principal, operation, &request).await,
            "s3" => inner.borrowed.s3(request).await,
            "secretsmanager" => inner.secrets.call(operation, request).await,
            "sns" => inner.borrowed.sns(operation, request).await,
            "states" => inner.sfn.call(request).await,
            "sts" => inner.borrowed.sts(&scope.principal, operation, request).await,
            other => answer::error(other, 403, "InvalidSignatureException", "No such service"),
        }
    }

    /// Serves AWS's API on `listener`, which should be on loopback: signatures are not checked.
    ///
    /// # Errors
    /// When the listener has no address.
    pub async fn serve(&self, listener: TcpListener) -> std::io::Result<Served> {
        server::serve(self.clone(), listener, &self.0.work)
    }

    /// An SDK's HTTP client that calls this AWS without a socket.
    pub fn http_client(&self) -> SharedHttpClient {
        client::http_client(self.clone())
    }

    /// Every call since the start.
    pub fn calls(&self) -> Vec<Recorded> {
        self.0.gate.calls.all()
    }

    /// How many calls there were since the start.
    pub fn count(&self) -> usize {
        self.0.gate.calls.count()
    }

    /// Faults on demand.
    pub fn faults(&self) -> &Faults {
        &self.0.gate.faults
    }

    /// The database service: its production clusters are made there.
    pub fn rds(&self) -> &Rds {
        &self.0.rds
    }

    /// Step Functions: state machines can be created and looked at there.
    pub fn sfn(&self) -> &Sfn {
        &self.0.sfn
    }

    /// The current value of a secret, by name or ARN.
    pub fn secret_value(&self, id: &str) -> Option<String> {
        self.0.secrets.value(id)
    }

    /// All that was published on SNS topics so far, in order.
    pub fn published(&self) -> Vec<Published> {
        self.0.borrowed.published()
    }

    /// Waits until no call, execution, task, asynchronous invocation or stream delivery is under way.
    pub async fn idle(&self) {
        let mut changes = self.0.work.changes();
        loop {
            if self.is_idle() {
                // What ended just now may be about to start something else.
                tokio::task::yield_now().await;
                if self.is_idle() {
                    return;
                }
            }
            tokio::select! {
                _ = changes.changed() => {}
                () = tokio::time::sleep(IDLE_POLL) => {}
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.0.work.is_idle() && self.0.sfn.running() == 0
    }

    /// Stops executions, tasks, schedules, servers and databases, and removes every file. Calls that come later
    /// are answered with `ServiceUnavailable`.
    pub async fn shutdown(&self) {
        let inner = &self.0;
        // At once: what a state machine waits for is told to stop in the same moment.
        tokio::join!(inner.work.shutdown(), inner.sfn.shutdown());
        inner.rds.shutdown().await;
        // Handlers usually hold clients of this very AWS: let go of them, or nothing would ever be freed.
        inner.lambda.clear();
        inner.ecs.clear();
        inner.dynamodb.clear();
        inner.events.clear();
    }
}

/// The answer to a request that nobody signed: its service can only be guessed from its protocol.
fn unsigned(request: &Request<Bytes>) -> Answer {
    let (service, code) = match request.headers().contains_key("x-amz-target") {
        true => ("secretsmanager", "MissingAuthenticationTokenException"),
        false => ("sts", "MissingAuthenticationToken"),
    };
    answer::error(service, 403, code, "Request is missing Authentication Token")
}
