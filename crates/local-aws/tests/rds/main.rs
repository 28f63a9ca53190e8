//! The embedded RDS, driven by the Rust SDK and by boto3, on real PostgreSQL and MariaDB servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy allows these only inside test functions; the helpers beside them are tests too"
)]

mod boto3;
mod calls;
mod clones;
mod network;
mod proxies;
mod servers;
mod sleep;
mod statuses;
mod support;
mod tokens;
