//! Step Functions through the real SDK, without a socket, on paused time.

mod api;
mod bench;
mod definitions;
mod errors;
mod states;
mod tasks;
mod variables;
