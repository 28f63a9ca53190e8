//! An embedded AWS: RDS on real database servers, Step Functions, DynamoDB, ECS, Lambda and Secrets Manager on one machine.

pub mod engine;
pub mod rds;
pub mod sfn;
pub mod time;

pub use time::Time;
