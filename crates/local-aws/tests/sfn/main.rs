//! Step Functions through the real SDK, without a socket, on paused time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod api;
mod bench;
mod definitions;
mod errors;
mod states;
mod tasks;
mod variables;
