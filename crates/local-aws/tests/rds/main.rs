//! The embedded RDS, driven by the Rust SDK and by boto3, on real PostgreSQL and MariaDB servers.

mod boto3;
mod calls;
mod clones;
mod network;
mod servers;
mod statuses;
mod support;
