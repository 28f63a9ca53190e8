//! What an account has before doppel comes: a table, groups, secrets of Slack, production.

use anyhow::Context;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, StreamSpecification,
    StreamViewType, TimeToLiveSpecification,
};
use aws_sdk_rds::types::{ApplyMethod, Parameter};
use aws_sdk_s3::types::CreateBucketConfiguration;
use domain::policy::Engine;

use super::folder::{PARAMETERS, SUBNETS};
use super::{LocalOptions, REGION};

pub(super) const TABLE: &str = "doppel-clones";
/// The secret with the bot token.
pub const SLACK_TOKEN: &str = "doppel/slack/token";
/// The SNS topic of notifications.
pub const TOPIC: &str = "doppel-notifications";
/// The bucket by which exports come into a folder.
pub const EXPORTS: &str = "doppel-exports";
pub(super) const SLACK_SIGNING: &str = "doppel/slack/signing";

/// Everything that an account has before doppel runs in it. Answers the ARN of the topic of notifications, if there is
/// to be one.
pub(super) async fn make(
    aws: &SdkConfig,
    options: &LocalOptions,
    slack_token: &str,
    slack_signing: &str,
) -> anyhow::Result<Option<String>> {
    make_table(aws).await?;
    make_groups(aws, options.engine).await?;
    make_secrets(aws, slack_token, slack_signing).await?;
    make_bucket(aws).await?;
    match options.notifications {
        true => make_topic(aws).await.map(Some),
        false => Ok(None),
    }
}

/// The bucket of exports.
async fn make_bucket(aws: &SdkConfig) -> anyhow::Result<()> {
    let here = CreateBucketConfiguration::builder().location_constraint(REGION.into());
    let made = runtime::aws::s3(aws)
        .create_bucket()
        .bucket(EXPORTS)
        .create_bucket_configuration(here.build())
        .send()
        .await;
    made.map(drop).context("the bucket of exports cannot be made")
}

/// The topic of notifications: its ARN.
async fn make_topic(aws: &SdkConfig) -> anyhow::Result<String> {
    let sns = aws_sdk_sns::Client::new(aws);
    let made = sns.create_topic().name(TOPIC).send().await;
    let made = made.context("the topic of notifications cannot be made")?;
    made.topic_arn.context("the topic of notifications has no ARN")
}

/// The table of clones.
async fn make_table(aws: &SdkConfig) -> anyhow::Result<()> {
    let db = aws_sdk_dynamodb::Client::new(aws);
    let key = "DBClusterIdentifier";
    db.create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name(key)
                .attribute_type(ScalarAttributeType::S)
                .build()?,
        )
        .key_schema(
            KeySchemaElement::builder()
                .attribute_name(key)
                .key_type(KeyType::Hash)
                .build()?,
        )
        .stream_specification(
            StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::NewAndOldImages)
                .build()?,
        )
        .send()
        .await
        .context("the table of clones cannot be made")?;
    db.update_time_to_live()
        .table_name(TABLE)
        .time_to_live_specification(
            TimeToLiveSpecification::builder()
                .enabled(true)
                .attribute_name("ttl")
                .build()?,
        )
        .send()
        .await
        .context("the table's time to live cannot be set")?;
    Ok(())
}

/// The subnet group, and the parameter group under which production's own code does not run.
async fn make_groups(aws: &SdkConfig, engine: Engine) -> anyhow::Result<()> {
    let rds = aws_sdk_rds::Client::new(aws);
    rds.create_db_subnet_group()
        .db_subnet_group_name(SUBNETS)
        .db_subnet_group_description("Private subnets")
        .subnet_ids("subnet-a")
        .subnet_ids("subnet-c")
        .send()
        .await
        .context("the subnet group cannot be made")?;
    let (family, parameters): (_, &[(&str, &str)]) = match engine {
        Engine::Postgres => (
            "aurora-postgresql15",
            &[
                ("rds.logical_replication", "0"),
                ("log_statement", "none"),
                ("log_min_duration_statement", "-1"),
            ],
        ),
        Engine::Mysql => (
            "aurora-mysql8.0",
            &[
                ("event_scheduler", "OFF"),
                ("general_log", "0"),
                ("slow_query_log", "0"),
            ],
        ),
    };
    rds.create_db_cluster_parameter_group()
        .db_cluster_parameter_group_name(PARAMETERS)
        .db_parameter_group_family(family)
        .description("Production's own code does not run")
        .send()
        .await
        .context("the parameter group cannot be made")?;
    let parameters = parameters.iter().map(|(name, value)| {
        let method = ApplyMethod::PendingReboot;
        Parameter::builder()
            .parameter_name(*name)
            .parameter_value(*value)
            .apply_method(method)
            .build()
    });
    rds.modify_db_cluster_parameter_group()
        .db_cluster_parameter_group_name(PARAMETERS)
        .set_parameters(Some(parameters.collect()))
        .send()
        .await
        .context("the parameter group cannot be set")?;
    Ok(())
}

/// What Slack and the gateway share.
async fn make_secrets(aws: &SdkConfig, token: &str, signing: &str) -> anyhow::Result<()> {
    let secrets = aws_sdk_secretsmanager::Client::new(aws);
    for (name, text) in [(SLACK_TOKEN, token), (SLACK_SIGNING, signing)] {
        let made = secrets
            .create_secret()
            .name(name)
            .secret_string(text)
            .send()
            .await;
        made.with_context(|| format!("the secret {name} cannot be made"))?;
    }
    Ok(())
}
