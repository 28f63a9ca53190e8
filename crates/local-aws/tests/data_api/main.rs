//! The Data API, driven by the Rust SDK and by boto3, on real PostgreSQL and MariaDB servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "clippy allows these only inside test functions; the helpers beside them are tests too"
)]

mod boto3;
mod doors;
mod limits;
mod support;
mod transactions;
mod values;
