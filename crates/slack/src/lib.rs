//! What doppel hears and says in Slack.
//!
//! - [`command`]: the grammar of `/clone …`. [`chatbot`]: `@aws stepfunctions start-execution …`, as Amazon Q
//!   Developer in chat applications reads it.
//! - [`message`]: every sentence that doppel says, as named functions of a clone's record; nothing in it asks a
//!   clock, so that the same record always says the same. [`modal`]: the form behind a bare `/clone`.
//! - [`notification`]: the same for channels in which only Amazon Q Developer in chat applications is.
//! - [`interaction`]: buttons pressed and forms submitted, as Slack sends them.
//! - [`home`]: the app's home tab, a pure view of all records.
//! - [`step`]: a step of a Slack workflow: what runs it, and what it is told in the end.
//! - [`text`] and [`blocks`]: what a user or a record contributes is escaped and cut there, so that it can neither
//!   ping, link nor format, and every block stays inside Slack's limits.
//! - [`client`]: posts and edits, and sorts Slack's faults into those that go away and those that do not.

pub mod blocks;
pub mod chatbot;
pub mod client;
pub mod command;
#[cfg(test)]
mod fuzz;
pub mod home;
pub mod interaction;
#[cfg(test)]
mod limits;
pub mod message;
pub mod modal;
pub mod notification;
pub mod step;
pub mod text;

pub use client::{Client, Posted};
pub use command::Command;
pub use message::Message;
