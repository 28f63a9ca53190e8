//! The configuration of every AWS client, and the one error of all their calls.

mod failed;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::HttpClient;

use crate::Clock;

pub use failed::{Failed, failed};

/// One try of a call. Shorter than the whole call, which is shorter than the Lambda (30 s), which is shorter
/// than its Task.
const ATTEMPT: Duration = Duration::from_secs(5);
/// A call with all its tries.
const OPERATION: Duration = Duration::from_secs(20);
/// Tries of a call.
const ATTEMPTS: u32 = 4;

/// The configuration from the environment: region, credentials, and `AWS_ENDPOINT_URL` for an embedded AWS.
pub async fn aws(clock: &Clock) -> SdkConfig {
    loader(clock).load().await
}

/// Where and as whom calls are made, said outright: for everything that runs in one process with the embedded
/// AWS, so that nothing of the machine's own AWS configuration is read.
pub struct Place<'a> {
    /// The embedded AWS's address, such as `http://127.0.0.1:4566`.
    pub endpoint: &'a str,
    /// The region.
    pub region: &'a str,
    /// Who calls. It is the access key id, by which the embedded AWS records its calls.
    pub principal: &'a str,
}

/// The configuration for a place, optionally over an in-process HTTP client.
pub async fn aws_at(clock: &Clock, place: &Place<'_>, http: Option<impl HttpClient + 'static>) -> SdkConfig {
    let mut loader = loader(clock)
        .empty_test_environment()
        .endpoint_url(place.endpoint)
        .region(Region::new(place.region.to_owned()))
        .credentials_provider(Credentials::from_keys(place.principal, "local", None));
    if let Some(http) = http {
        loader = loader.http_client(http);
    }
    loader.load().await
}

/// The S3 client: an endpoint of one's own knows no bucket names as hosts.
pub fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let path_style = config.endpoint_url().is_some();
    aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(config)
            .force_path_style(path_style)
            .build(),
    )
}

fn loader(clock: &Clock) -> ConfigLoader {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .time_source(clock.clone())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}
