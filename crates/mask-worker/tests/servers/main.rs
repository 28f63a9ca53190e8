//! The worker on real servers: each test starts its own PostgreSQL or MariaDB.

#![allow(clippy::unwrap_used, reason = "helpers of tests: a failure is the test's")]

mod maria;
mod maria_methods;
mod methods;
mod postgres;
mod prepare;
mod ranges;
mod raw_look;
mod rows;
mod support;
mod torture;
mod twice;
mod vectors;
mod verify_large;
mod verify_maria;
mod verify_postgres;
