//! The shell around the pure parts.
//!
//! - [`init`]: the first line of every binary: the TLS provider and the logs.
//! - [`Clock`]: the only source of time, wall or faster.
//! - [`mod@aws`]: the configuration of every AWS client, and the one error of their calls.
//! - [`Records`]: the table of clones, whose writes are conditional, transactional and safe to lose.
//! - [`ConfigFolder`]: policy, masking rules and prices, from a folder or from S3.
//! - [`Secrets`]: passwords, made and read without ever being shown.
//! - [`observe`]: what AWS shows of one clone, for the plans.
//! - [`approval`]: an approver's word. [`audit`]: a line for each decision.
//! - [`step`]: what the Lambdas of the workflow's steps have in common.
//! - [`serve`] and [`invoke`]: a Lambda's bootstrap; a failure's name is what the state machine matches.

pub mod approval;
pub mod audit;
pub mod aws;
mod clock;
mod config;
mod lambda;
mod log;
mod observe;
mod records;
mod secrets;
pub mod step;

pub use aws::{aws, aws_at};
pub use clock::{Clock, Waits};
pub use config::{ConfigError, ConfigFolder, ConfigSource, InvalidConfigSource, Pinned};
pub use lambda::{AsFailure, Raised, chain, invoke, serve};
pub use log::init;
pub use observe::{describe_cluster, observe, observe_proxy};
pub use records::{Decision, HOME_KEY, HomeNote, Listed, Records, RecordsError};
pub use secrets::{Login, Secrets, SecretsError, random_password};
pub use step::{Bench, StepError, StepSettings};
