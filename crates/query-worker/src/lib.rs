//! The ECS task of batch queries: it runs a query, or a person's own program, against a released clone, and leaves what
//! comes out in S3.
//!
//! - It logs in by IAM database authentication, as [`domain::id::BATCH_USER`], over TLS: there is no password anywhere.
//! - The result goes to S3 in parts while it comes, so that memory stays the same however long it is.
//! - All of its files become visible at the end, and the manifest last: what has no manifest is no export. When anything
//!   goes wrong, nothing is left.
//!
//! What to do comes as an object of S3 beside the result ([`Request`]), because a task's command must be short; how far it
//! is, and what went wrong, goes there too ([`Status`]). [`run`](fn@run) is the task; [`Source`] and [`Output`] are the
//! work itself, without records.

mod encode;
mod error;
mod manifest;
mod mysql;
mod output;
mod place;
mod postgres;
mod request;
mod run;
mod script;
mod source;
mod statement;
mod tls;

pub use error::Error;
pub use manifest::{File, Manifest};
pub use output::{Counted, Output};
pub use place::{InvalidPlace, Place};
pub use request::{Format, Request, State, Status, What};
pub use run::{Args, CommandLine, Deps, Settings, put, run};
pub use source::Source;
pub use statement::{Refused, only_statement};
