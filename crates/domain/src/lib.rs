//! The heart of doppel, and pure: it knows no AWS, network, environment or clock. Whoever calls it tells it the time.
//!
//! - [`id`], [`lifetime`], [`class`]: values parsed once.
//! - [`people`]: whom it names. [`policy`]: what the platform team allows (`doppel.toml`). [`request`]: what a person asks for, in any of the
//!   spellings people use; [`admission`]: the two held against each other.
//! - [`record`]: the truth of intent of one clone. [`observed`]: what AWS shows of it.
//! - [`plan`]: given both and the time, the one next step. The Lambdas carry it out.
//! - [`workflow`]: the states, the payloads that pass between them, and the names of failures.
//! - [`cost`]: prices and estimates. [`serverless`]: what Serverless v2 can do on which version.

pub mod admission;
pub mod class;
pub mod cost;
pub mod id;
pub mod lifetime;
pub mod observed;
pub mod people;
pub mod plan;
pub mod policy;
pub mod proxy;
pub mod record;
pub mod request;
pub mod serverless;
pub mod workflow;

pub use class::Class;
pub use id::{CloneId, SourceName};
pub use lifetime::Lifetime;
pub use policy::Policy;
pub use record::{CloneRecord, CloneState};
pub use workflow::Failure;
