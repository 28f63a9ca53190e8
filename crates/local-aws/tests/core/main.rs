//! The embedded AWS, driven as programs drive it: by the Rust SDK within the process (on paused time) and over
//! loopback, and by boto3.

#![expect(clippy::unwrap_used, reason = "a test's helpers may panic as the test does")]

mod dynamodb;
mod ecs;
mod events;
mod faults;
mod lambda;
mod pricing;
mod secrets;
mod states;
mod stream;
mod wire;

use std::future::Future;
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::Bytes;
use local_aws::{LocalAws, Options, Time};

pub(crate) const REGION: &str = "ap-northeast-1";
pub(crate) const ACCOUNT: &str = "000000000000";

/// A date in the middle of a day, and from there on tokio's time, paused or not.
#[derive(Debug)]
struct TestClock {
    epoch: SystemTime,
    start: tokio::time::Instant,
}

impl TimeSource for TestClock {
    fn now(&self) -> SystemTime {
        self.epoch + self.start.elapsed()
    }
}

pub(crate) fn time() -> Time {
    let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let clock = TestClock {
        epoch,
        start: tokio::time::Instant::now(),
    };
    Time::new(
        SharedTimeSource::new(clock),
        SharedAsyncSleep::new(TokioSleep::new()),
    )
}

/// An embedded AWS and the folder of its files.
pub(crate) struct World {
    pub(crate) aws: LocalAws,
    pub(crate) time: Time,
    _home: tempfile::TempDir,
}

impl std::ops::Deref for World {
    type Target = LocalAws;

    fn deref(&self) -> &LocalAws {
        &self.aws
    }
}

pub(crate) fn world() -> World {
    let home = tempfile::tempdir().unwrap();
    let time = time();
    let aws = LocalAws::start(Options::new(time.clone(), home.path().join("aws"))).unwrap();
    World {
        aws,
        time,
        _home: home,
    }
}

impl World {
    /// What a program called `principal` makes its clients of, within the process.
    pub(crate) fn config(&self, principal: &str) -> SdkConfig {
        builder(principal).http_client(self.aws.http_client()).build()
    }

    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config("tester"))
    }
}

pub(crate) fn builder(principal: &str) -> aws_types::sdk_config::Builder {
    let credentials = Credentials::new(principal, "secret", None, None, "tests");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .stalled_stream_protection(
            aws_config::stalled_stream_protection::StalledStreamProtectionConfig::disabled(),
        )
}

/// The error code that the SDK read.
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, impl ProvideErrorMetadata>) -> String {
    result.unwrap_err().code().unwrap_or("no code").to_owned()
}

/// A request signed as `tester`, for what there is no SDK crate at hand.
pub(crate) fn signed(service: &str, method: &str, path: &str) -> http::request::Builder {
    let scope = format!("tester/20270115/{REGION}/{service}/aws4_request");
    http::Request::builder().method(method).uri(path).header(
        "authorization",
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
    )
}

pub(crate) fn text(body: &Bytes) -> &str {
    std::str::from_utf8(body).unwrap()
}

/// Waits until `condition` holds; a test that waits in vain fails.
pub(crate) async fn until<Fut: Future<Output = bool>>(what: &str, condition: impl Fn() -> Fut) {
    for _ in 0..1000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("in vain: {what}");
}
