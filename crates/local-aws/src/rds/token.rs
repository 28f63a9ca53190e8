//! Tokens of IAM database authentication: a signed URL in place of a password.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.html>

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use chrono::{DateTime, NaiveDateTime, Utc};

/// The secret access key of everybody: it must be known to check what is signed with it. Any access key id will do.
pub const SECRET_ACCESS_KEY: &str = "local";

/// The longest that a token is good for.
const LONGEST: u64 = 900;

/// How far a signer's clock may be ahead.
const AHEAD: Duration = Duration::from_secs(300);

/// Whom a token would let in, and where.
pub(super) struct Door<'a> {
    pub region: &'a str,
    pub port: u16,
    pub user: &'a str,
}

impl Door<'_> {
    /// Whether `token` was signed for this very user and endpoint, with a key of ours, and is not too old.
    pub fn opens_with(&self, token: &str, now: SystemTime) -> bool {
        self.check(token, now).is_some()
    }

    /// The same token is made anew, from what it says of itself: only the right key makes the same signature.
    fn check(&self, token: &str, now: SystemTime) -> Option<()> {
        let url = url::Url::parse(&format!("https://{token}")).ok()?;
        let said: HashMap<_, _> = url.query_pairs().collect();
        let say = |name: &str| said.get(name).map(AsRef::as_ref);
        let is_here = url.host_str() == Some("127.0.0.1") && url.port_or_known_default() == Some(self.port);
        let is_meant = say("Action") == Some("connect") && say("DBUser") == Some(self.user);
        let signed_at = NaiveDateTime::parse_from_str(say("X-Amz-Date")?, "%Y%m%dT%H%M%SZ").ok()?;
        let signed_at = SystemTime::from(DateTime::<Utc>::from_naive_utc_and_offset(signed_at, Utc));
        let lasts = say("X-Amz-Expires")?
            .parse()
            .ok()
            .filter(|lasts| *lasts <= LONGEST)?;
        let is_now = signed_at <= now + AHEAD && now < signed_at + Duration::from_secs(lasts);
        let (key, scope) = say("X-Amz-Credential")?.split_once('/')?;
        let session = say("X-Amz-Security-Token").map(str::to_owned);
        if !is_here
            || !is_meant
            || !is_now
            || !scope.ends_with(&format!("/{}/rds-db/aws4_request", self.region))
        {
            return None;
        }
        let credentials = Credentials::from_keys(key, SECRET_ACCESS_KEY, session);
        let expected = self.signature(credentials, signed_at, lasts)?;
        (say("X-Amz-Signature")? == expected).then_some(())
    }

    fn signature(&self, credentials: Credentials, at: SystemTime, lasts: u64) -> Option<String> {
        let mut settings = SigningSettings::default();
        settings.expires_in = Some(Duration::from_secs(lasts));
        settings.signature_location = SignatureLocation::QueryParams;
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name("rds-db")
            .time(at)
            .settings(settings)
            .build()
            .ok()?;
        let mut url = url::Url::parse(&format!("https://127.0.0.1:{}/?Action=connect", self.port)).ok()?;
        url.query_pairs_mut().append_pair("DBUser", self.user);
        let request =
            SignableRequest::new("GET", url.as_str(), std::iter::empty(), SignableBody::empty()).ok()?;
        Some(sign(request, &params.into()).ok()?.signature().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{Region, SdkConfig};
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_sdk_rds::auth_token::{AuthTokenGenerator, Config};
    use aws_smithy_async::time::StaticTimeSource;

    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    async fn token(secret: &str, host: &str, port: u64, user: &str, region: &'static str) -> String {
        let aws = SdkConfig::builder()
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys(
                "alice", secret, None,
            )))
            .time_source(StaticTimeSource::new(NOW))
            .build();
        let config = Config::builder()
            .hostname(host)
            .port(port)
            .username(user)
            .build()
            .unwrap();
        AuthTokenGenerator::new(config)
            .auth_token(&aws)
            .await
            .unwrap()
            .to_string()
    }

    #[tokio::test]
    async fn only_a_token_for_this_very_door_signed_with_the_right_key_opens_it() {
        let door = Door {
            region: "eu-west-1",
            port: 5432,
            user: "batch",
        };
        let good = token("local", "127.0.0.1", 5432, "batch", "eu-west-1").await;
        assert!(door.opens_with(&good, NOW));
        assert!(door.opens_with(&good, NOW + Duration::from_secs(899)));
        let bad = [
            (
                "another key",
                token("other", "127.0.0.1", 5432, "batch", "eu-west-1").await,
            ),
            (
                "another host",
                token("local", "example.org", 5432, "batch", "eu-west-1").await,
            ),
            (
                "another port",
                token("local", "127.0.0.1", 5433, "batch", "eu-west-1").await,
            ),
            (
                "another user",
                token("local", "127.0.0.1", 5432, "admin", "eu-west-1").await,
            ),
            (
                "another Region",
                token("local", "127.0.0.1", 5432, "batch", "us-east-1").await,
            ),
            (
                "a longer life",
                good.replace("X-Amz-Expires=900", "X-Amz-Expires=600"),
            ),
            ("a password", "secret".to_owned()),
            ("nothing", String::new()),
        ];
        for (what, token) in bad {
            assert!(!door.opens_with(&token, NOW), "{what}");
        }
        assert!(
            !door.opens_with(&good, NOW + Duration::from_secs(900)),
            "15 minutes later"
        );
        let old = NOW.checked_sub(Duration::from_secs(301)).unwrap();
        assert!(!door.opens_with(&good, old), "signed in the future");
    }
}
