//! A Lambda that queries a clone through its RDS Proxy.

use clap::Parser;
use lambda_query::{Function, Settings};
use lambda_runtime::{LambdaEvent, service_fn};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let aws = aws_config::load_from_env().await;
    let function = Function::new(Settings::parse(), &aws);
    let function = &function;
    lambda_runtime::run(service_fn(|_: LambdaEvent<serde_json::Value>| async move {
        function.handle().await.map_err(lambda_runtime::Error::from)
    }))
    .await
}
