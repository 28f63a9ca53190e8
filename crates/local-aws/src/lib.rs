//! An embedded AWS: RDS on real database servers, Step Functions, DynamoDB, ECS, Lambda, Secrets Manager, STS, SNS
//! and S3 on one machine.
//!
//! The whole of it is [`LocalAws::call`]: a request in, an answer out, routed by the service in the SigV4 credential
//! scope. It has two faces: [`LocalAws::serve`] puts it on a socket, for every SDK, the AWS CLI, boto3 and Terraform
//! (`AWS_ENDPOINT_URL`); [`LocalAws::http_client`] hands it to the Rust SDK within the process, for tests on paused
//! time. Signatures are not checked: the access key id is the caller's name, and is recorded with every call
//! ([`LocalAws::calls`]). Any call can fail, before or after its effect, be throttled or never be answered
//! ([`LocalAws::faults`]).
//!
//! What runs in AWS as a Lambda function, an ECS task or a stream's consumer is an async closure here
//! ([`LocalAws::lambda`], [`LocalAws::ecs_task`], [`LocalAws::stream`]). Time is [`Time`], handed in: faster time
//! shortens every wait and no timeout.
//!
//! What is not there is refused with AWS's own error (`UnknownOperationException`, `InvalidAction`). IAM is not there:
//! everybody may do everything, but for what [`data_api::Guard`] decides.

mod answer;
mod aws;
mod borrowed;
mod client;
pub mod data_api;
mod dynamodb;
mod ecs;
pub mod engine;
pub mod faults;
mod function;
mod gate;
mod lambda;
mod place;
mod pricing;
pub mod rds;
pub mod record;
mod request;
mod schedule;
mod secrets;
mod server;
pub mod sfn;
mod subject;
mod tasks;
pub mod time;
mod work;

pub use aws::{Error, LocalAws, Options};
pub use borrowed::Published;
pub use ecs::TaskRun;
pub use faults::{Failure, Fault, Faults, Kind};
pub use function::FunctionError;
pub use record::{Outcome, Recorded};
pub use schedule::Target;
pub use server::Served;
pub use subject::Subject;
pub use time::Time;
