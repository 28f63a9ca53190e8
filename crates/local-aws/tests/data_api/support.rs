//! An AWS with one cluster whose Data API is on.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_rdsdata::Client;
use aws_sdk_rdsdata::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_rdsdata::operation::execute_statement::ExecuteStatementOutput;
use aws_sdk_rdsdata::operation::execute_statement::builders::ExecuteStatementFluentBuilder;
use aws_sdk_rdsdata::types::{Field, SqlParameter, TypeHint};
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use local_aws::engine::EngineKind;
use local_aws::rds::{SourceSpec, Transitions};
use local_aws::{LocalAws, Options, Time};

pub const REGION: &str = "ap-northeast-1";

pub struct World {
    pub aws: LocalAws,
    pub cluster: String,
    pub secret: String,
    pub data: Client,
    _home: tempfile::TempDir,
}

/// Waits that take a part of their time.
#[derive(Debug)]
pub struct Faster(pub u32);

impl AsyncSleep for Faster {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(duration / self.0))
    }
}

impl World {
    pub async fn start(engine: EngineKind) -> Self {
        Self::with(engine, 1, |_| {}).await
    }

    /// One whose waits are so many times shorter, and with other options.
    pub async fn with(engine: EngineKind, faster: u32, change: impl FnOnce(&mut Options)) -> Self {
        let home = tempfile::Builder::new().permissions(open()).tempdir().unwrap();
        let waits = SharedAsyncSleep::new(Faster(faster));
        let time = Time::new(SharedTimeSource::new(SystemTimeSource::new()), waits);
        let mut options = Options::new(time, home.path().join("aws"));
        options.rds.transitions = Transitions::instant();
        change(&mut options);
        let aws = LocalAws::start(options).unwrap();
        let source = aws
            .rds()
            .create_source(SourceSpec::new("production", engine, "shop"))
            .await
            .unwrap();
        let login = serde_json::json!({ "username": source.master_user, "password": source.master_password });
        let world = Self {
            data: Client::new(&config(&aws, "me")),
            secret: secret(&aws, "master", &login.to_string()).await,
            cluster: source.cluster_arn,
            aws,
            _home: home,
        };
        world.endpoint(true).await;
        world
    }

    pub fn config(&self, principal: &str) -> SdkConfig {
        config(&self.aws, principal)
    }

    pub async fn endpoint(&self, on: bool) {
        let rds = aws_sdk_rds::Client::new(&self.config("me"));
        let arn = &self.cluster;
        if on {
            rds.enable_http_endpoint().resource_arn(arn).send().await.unwrap();
        } else {
            rds.disable_http_endpoint()
                .resource_arn(arn)
                .send()
                .await
                .unwrap();
        }
    }

    pub fn statement(&self, sql: &str) -> ExecuteStatementFluentBuilder {
        let call = self.data.execute_statement().resource_arn(&self.cluster);
        call.secret_arn(&self.secret).database("shop").sql(sql)
    }

    pub async fn runs(&self, sql: &str) -> ExecuteStatementOutput {
        let done = self.statement(sql).send().await;
        done.unwrap_or_else(|error| panic!("{sql}: {}", said(&error)))
    }

    /// The only row of a query.
    pub async fn row(&self, sql: &str) -> Vec<Field> {
        let records = self.runs(sql).await.records.unwrap_or_default();
        assert_eq!(records.len(), 1, "{sql}");
        records.into_iter().next().unwrap()
    }

    /// The error with which a statement is refused: its code and its words.
    pub async fn refusal(&self, call: ExecuteStatementFluentBuilder) -> String {
        said(&call.send().await.expect_err("this call should be refused"))
    }
}

fn open() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o711)
}

fn config(aws: &LocalAws, principal: &str) -> SdkConfig {
    let credentials = Credentials::new(principal, "secret", None, None, "tests");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SharedTimeSource::new(SystemTimeSource::new()))
        .http_client(aws.http_client())
        .build()
}

/// Makes a secret: its ARN.
pub async fn secret(aws: &LocalAws, name: &str, text: &str) -> String {
    let secrets = aws_sdk_secretsmanager::Client::new(&config(aws, "me"));
    let made = secrets
        .create_secret()
        .name(name)
        .secret_string(text)
        .send()
        .await;
    made.unwrap().arn.unwrap()
}

/// An error's code and its words.
pub fn said<E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(error: &SdkError<E, R>) -> String {
    format!(
        "{}: {}",
        error.code().unwrap_or("no code"),
        error.message().unwrap_or_default()
    )
}

pub fn parameter(name: &str, value: Field) -> SqlParameter {
    SqlParameter::builder().name(name).value(value).build()
}

pub fn hinted(name: &str, text: &str, hint: TypeHint) -> SqlParameter {
    let value = Field::StringValue(text.to_owned());
    SqlParameter::builder()
        .name(name)
        .value(value)
        .type_hint(hint)
        .build()
}
