//! The worker on real servers: each test starts its own PostgreSQL or MariaDB.

mod maria;
mod postgres;
mod support;
