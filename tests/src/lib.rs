//! The World harness: a whole doppel on this machine, for the specs.
//!
//! A [`World`] is `doppel local` itself, on free ports and fast time: the embedded AWS with a real database server as
//! production, the embedded Slack, the gateway, every Lambda and the masking worker. People act through
//! [`World::slack`] as they would; specs look at what everybody sees, at the record, and into the databases.

#![allow(clippy::expect_used, reason = "a harness for tests fails as a test does")]

mod audit;
mod browser;
mod database;
mod redact;
mod wait;
mod world;

pub use audit::{AuditLine, audit_lines};
pub use browser::{Browser, Tab};
pub use database::{Database, Secret};
pub use redact::redact;
pub use wait::{PATIENCE, until};
pub use world::{
    ALICE, BOB, CAROL, CHANNEL, Call, Moment, OPERATOR, World, WorldBuilder, moments, slack_user,
};
