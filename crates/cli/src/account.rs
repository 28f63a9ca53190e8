//! The account that a verb works on: from the environment, or the one that `doppel local` runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_config::SdkConfig;
use chrono::{DateTime, TimeDelta, Utc};
use domain::policy::Policy;
use domain::request::Principal;
use runtime::{Clock, ConfigFolder, Records, Secrets};
use serde::{Deserialize, Serialize};

use crate::args::Place;
use crate::exit::{Exit, Stop};

/// The name under which whoever runs this calls the embedded AWS: the system's own for them.
pub fn me() -> String {
    std::env::var("USER")
        .ok()
        .filter(|user| !user.is_empty())
        .unwrap_or_else(|| "me".into())
}

/// What a running `doppel local` tells of itself: printed with `--json`, and kept in a file for `--local`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Addresses {
    /// The embedded AWS's endpoint.
    pub aws_endpoint: String,
    /// The gateway's base URL.
    pub gateway: String,
    /// The Slack page.
    pub slack: String,
    /// With which Slack signs its requests.
    pub slack_signing_secret: String,
    /// The Region.
    pub region: String,
    /// The table of clones.
    pub table: String,
    /// The state machine that makes clones.
    pub state_machine_arn: String,
    /// The state machine that sweeps.
    pub sweep_arn: String,
    /// The config folder.
    pub config: PathBuf,
    /// By which place in S3 an export comes into a folder.
    pub exports: String,
    /// PEM file with the authority that the endpoints' certificates come from.
    pub db_ca: PathBuf,
    /// Production.
    pub source: SourceAddress,
    /// The clock: what it showed when, and how fast it runs.
    pub clock: ClockFace,
}

/// Where production is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SourceAddress {
    /// Its name in the policy.
    pub name: String,
    /// Its master user's DSN.
    pub dsn: String,
}

/// A clock that somebody else can set theirs by.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ClockFace {
    /// The wall's time at the start.
    pub wall: DateTime<Utc>,
    /// What the clock showed then.
    pub shown: DateTime<Utc>,
    /// How many times faster than the wall's it runs.
    pub speed: f64,
}

impl ClockFace {
    /// What `clock` shows now.
    pub fn of(clock: &Clock) -> Self {
        Self {
            wall: Utc::now(),
            shown: clock.now(),
            speed: clock.speed(),
        }
    }

    fn clock(self) -> Clock {
        let passed = (Utc::now() - self.wall).as_seconds_f64() * self.speed;
        Clock::starting_at(
            self.shown + TimeDelta::milliseconds((passed * 1000.0) as i64),
            self.speed,
        )
    }
}

/// Where a running `doppel local` keeps its addresses, unless `DOPPEL_LOCAL` says another file.
pub fn address_file() -> PathBuf {
    std::env::temp_dir().join("doppel-local.json")
}

impl Addresses {
    /// Reads what a running `doppel local` wrote.
    pub fn read(file: Option<&Path>) -> Result<Self, Stop> {
        let file = file.map_or_else(address_file, Path::to_path_buf);
        let text = std::fs::read_to_string(&file).map_err(|_| {
            Exit::NotFound.with(format!(
                "`doppel local` is not running: there is no {}",
                file.display()
            ))
        })?;
        serde_json::from_str(&text).map_err(|error| {
            Exit::Failed.with(format!(
                "{} is not what `doppel local` writes: {error}",
                file.display()
            ))
        })
    }
}

/// How an account is reached.
pub struct Reached {
    /// Configuration of all clients.
    pub aws: SdkConfig,
    /// The time there.
    pub clock: Clock,
    exports: Option<String>,
    place: Place,
}

impl Reached {
    /// The config folder.
    pub fn config(&self) -> Result<ConfigFolder, Stop> {
        config(&self.place, &self.aws)
    }
}

fn config(place: &Place, aws: &SdkConfig) -> Result<ConfigFolder, Stop> {
    let source = needed(place.config.as_ref(), "DOPPEL_CONFIG")?;
    let source = source
        .parse()
        .map_err(|error: runtime::InvalidConfigSource| Exit::Usage.because(&error))?;
    Ok(ConfigFolder::new(source, aws))
}

/// Everything that the verbs need of an account.
pub struct Account {
    /// Configuration of all clients.
    pub aws: SdkConfig,
    /// The time there.
    pub clock: Clock,
    /// The table of clones.
    pub records: Records,
    /// Step Functions.
    pub sfn: aws_sdk_sfn::Client,
    exports: Option<String>,
    place: Place,
}

impl Account {
    /// The account that `place` means.
    pub async fn open(place: &Place) -> Result<Self, Stop> {
        let Reached {
            aws,
            clock,
            exports,
            place,
        } = Self::reach(place).await?;
        let table = needed(place.table.as_ref(), "DOPPEL_TABLE")?;
        Ok(Self {
            records: Records::new(&aws, table, clock.clone()),
            sfn: aws_sdk_sfn::Client::new(&aws),
            aws,
            clock,
            exports,
            place,
        })
    }

    /// How the account is reached, for verbs that need no table.
    pub async fn reach(place: &Place) -> Result<Reached, Stop> {
        if !place.local {
            let clock = Clock::wall();
            let aws = runtime::aws::aws(&clock).await;
            return Ok(Reached {
                aws,
                clock,
                exports: None,
                place: place.clone(),
            });
        }
        let addresses = Addresses::read(place.local_file.as_deref())?;
        let clock = addresses.clock.clock();
        let me = me();
        let at = runtime::aws::Place {
            endpoint: &addresses.aws_endpoint,
            region: &addresses.region,
            principal: &me,
        };
        let http = None::<aws_smithy_runtime_api::client::http::SharedHttpClient>;
        let aws = runtime::aws::aws_at(&clock, &at, http).await;
        Ok(Reached {
            aws,
            clock,
            exports: Some(addresses.exports.clone()),
            place: filled(place, addresses),
        })
    }

    /// By which place in S3 an export comes into a folder, if `doppel local` is meant.
    pub fn exports(&self) -> Option<&str> {
        self.exports.as_deref()
    }

    /// The state machine that makes clones.
    pub fn state_machine(&self) -> Result<&str, Stop> {
        needed(self.place.state_machine_arn.as_ref(), "DOPPEL_STATE_MACHINE_ARN")
    }

    /// The state machine that sweeps.
    pub fn sweep_machine(&self) -> Result<&str, Stop> {
        needed(self.place.sweep_arn.as_ref(), "DOPPEL_SWEEP_ARN")
    }

    /// The policy.
    pub async fn policy(&self) -> Result<Arc<Policy>, Stop> {
        Ok(config(&self.place, &self.aws)?.policy().await?)
    }

    /// The account's secrets.
    pub fn secrets(&self) -> Secrets {
        Secrets::new(&self.aws)
    }

    /// Who runs this: the last part of the ARN that AWS knows the caller by.
    pub async fn principal(&self) -> Result<Principal, Stop> {
        let caller = aws_sdk_sts::Client::new(&self.aws)
            .get_caller_identity()
            .send()
            .await;
        let caller = caller.map_err(runtime::aws::failed("GetCallerIdentity", "the caller"))?;
        let arn = caller.arn().unwrap_or_default();
        let name = arn
            .rsplit(['/', ':'])
            .next()
            .filter(|name| !name.is_empty())
            .unwrap_or("unknown");
        Ok(Principal::Cli(name.to_owned()))
    }
}

fn filled(place: &Place, addresses: Addresses) -> Place {
    Place {
        table: Some(addresses.table),
        state_machine_arn: Some(addresses.state_machine_arn),
        sweep_arn: Some(addresses.sweep_arn),
        config: Some(addresses.config.display().to_string()),
        ..place.clone()
    }
}

fn needed<'a>(value: Option<&'a String>, variable: &str) -> Result<&'a str, Stop> {
    value.map(String::as_str).ok_or_else(|| {
        Exit::Usage.with(format!(
            "{variable} is not set; for what `doppel local` runs, say --local"
        ))
    })
}
