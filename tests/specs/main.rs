//! The specifications, end to end: a world, a deed, what everybody sees.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "specs fail by panicking, in their helpers too"
)]

mod approvals;
mod architecture;
mod browser;
mod chatbot;
mod data_api;
mod faults;
mod forms;
mod front_door;
mod hand_over;
mod home;
mod kill;
mod lifetime;
mod manifest;
mod masking;
mod permissions;
mod pictures;
mod refusals;
mod serverless;
mod settings;
mod slack_faults;
mod who_may;
mod workflow_step;
