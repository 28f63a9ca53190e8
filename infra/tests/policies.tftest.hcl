# What is made, and what its roles may do. tests/specs/permissions.rs holds the same policies against the calls that are really made.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:123456789012:key/secrets" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/doppel" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/doppel" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:doppel" }
  }
  mock_resource "aws_dynamodb_table" {
    defaults = { stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/doppel-clones/stream/1" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-west-1:123456789012:doppel-undelivered" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:doppel-notifications" }
  }
  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:doppel" }
  }
  mock_resource "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/doppel" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:doppel" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::doppel-config" }
  }
  mock_resource "aws_apigatewayv2_api" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:api" }
  }
  mock_resource "aws_apigatewayv2_stage" {
    defaults = { invoke_url = "https://api.execute-api.eu-west-1.amazonaws.com/" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:123456789012:rule/doppel" }
  }
}

variables {
  worker_image      = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/doppel/mask-worker:1.0"
  config_dir        = "./examples/complete/config"
  config_values     = { subnet_group = "private", shop_cluster = "shop", ledger_cluster = "ledger" }
  vpc_id            = "vpc-1"
  worker_subnet_ids = ["subnet-1", "subnet-2"]
  sources = {
    shop   = { cluster = "shop-production", family = "aurora-postgresql16", kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/shop" }
    ledger = { cluster = "arn:aws:rds:eu-west-1:210987654321:cluster:ledger", family = "aurora-mysql8.0" }
  }
}

run "the_least" {
  assert {
    condition     = length(aws_iam_role.this) == 12 && !contains(keys(aws_iam_role.this), "proxy")
    error_message = "One role for each function, both machines, the worker, the tasks' start and the rules; none for what was not asked for."
  }
  assert {
    condition     = alltrue([for role in values(aws_iam_role.this) : role.permissions_boundary == "arn:aws:iam::123456789012:policy/doppel"])
    error_message = "Every role has the boundary."
  }
  assert {
    condition     = length(distinct([for policy in values(aws_iam_role_policy.this) : policy.policy])) == length(aws_iam_role_policy.this)
    error_message = "No two roles may do the same."
  }
  assert {
    condition     = alltrue([for policy in values(aws_iam_role_policy.this) : alltrue([for statement in jsondecode(policy.policy).Statement : !strcontains(jsonencode(statement.Action), "*")])])
    error_message = "No role may do a pattern of actions."
  }
  assert {
    condition     = alltrue([for policy in values(aws_iam_role_policy.this) : !strcontains(policy.policy, "Why") && !strcontains(policy.policy, "$${")])
    error_message = "What people read does not reach AWS, and every place is filled."
  }
  assert {
    condition     = alltrue([for policy in values(aws_iam_role_policy.this) : length(replace(policy.policy, " ", "")) + length(aws_iam_role_policy.protect_sources["clone"].policy) <= 10240])
    error_message = "A role's inline policies have 10,240 characters together."
  }
  assert {
    condition     = length(aws_iam_policy.boundary.policy) <= 6144 && length(aws_iam_policy.guard.policy) <= 5120
    error_message = "A managed policy has 6,144 characters, a service control policy 5,120."
  }
  assert {
    condition     = alltrue([for arn in ["arn:aws:rds:eu-west-1:123456789012:cluster:shop-production", "arn:aws:rds:eu-west-1:210987654321:cluster:ledger"] : alltrue([for policy in values(aws_iam_role_policy.protect_sources) : contains(jsondecode(policy.policy).Statement[0].Resource, arn)])])
    error_message = "Every source is protected from every role, in whichever account it is."
  }
  assert {
    condition     = !strcontains(jsonencode(jsondecode(aws_iam_role_policy.protect_sources["clone"].policy).Statement[0].Action), "Restore")
    error_message = "A clone needs the source to be restored from."
  }
  assert {
    condition     = strcontains(aws_sfn_state_machine.this["clone"].definition, "sg-") || !strcontains(aws_sfn_state_machine.this["clone"].definition, "$${")
    error_message = "Every place of the state machine is filled."
  }
  assert {
    condition     = jsondecode(aws_sfn_state_machine.this["clone"].definition).QueryLanguage == "JSONata"
    error_message = "What is filled in leaves JSON."
  }
  assert {
    condition     = !strcontains(aws_s3_object.policy.content, "$${") && strcontains(aws_s3_object.policy.content, aws_security_group.quarantine.id)
    error_message = "The policy names what was made here."
  }
  assert {
    condition     = toset(keys(aws_s3_object.rules)) == toset(["masking/shop.toml", "masking/ledger.toml"])
    error_message = "The rules are uploaded."
  }
  assert {
    condition     = contains([for parameter in aws_rds_cluster_parameter_group.quarantine["ledger"].parameter : "${parameter.name}=${parameter.value}"], "event_scheduler=OFF")
    error_message = "MySQL's events do not run in a clone."
  }
  assert {
    condition     = !anytrue([for parameter in aws_rds_cluster_parameter_group.quarantine["shop"].parameter : strcontains(parameter.value, "pg_cron")])
    error_message = "pg_cron does not run in a clone."
  }
  assert {
    condition     = toset([for rule in values(aws_vpc_security_group_ingress_rule.quarantine) : rule.referenced_security_group_id]) == toset([aws_security_group.worker.id])
    error_message = "The worker alone reaches a clone in quarantine."
  }
  assert {
    condition     = alltrue([for key in keys(aws_secretsmanager_secret.slack["token"].tags) : !startswith(key, "doppel:")])
    error_message = "Tags that begin so are the clones': the guard lets nobody else put them anywhere."
  }
  assert {
    condition     = output.gateway_url == "https://api.execute-api.eu-west-1.amazonaws.com"
    error_message = "The gateway's address stands in the manifest without a slash at its end."
  }
}

run "a_source_keeps_what_its_application_needs" {
  variables {
    sources = {
      shop   = { cluster = "shop-production", family = "aurora-postgresql16" }
      ledger = { cluster = "ledger", family = "aurora-mysql8.0", port = 3307, cluster_parameters = [{ name = "time_zone", value = "UTC" }, { name = "event_scheduler", value = "ON" }] }
    }
  }
  assert {
    condition     = length(setintersection([for parameter in aws_rds_cluster_parameter_group.quarantine["ledger"].parameter : "${parameter.name}=${parameter.value}"], ["time_zone=UTC", "event_scheduler=OFF"])) == 2
    error_message = "What doppel switches off stays off, whatever is asked for."
  }
  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.quarantine)) == toset(["5432", "3307"])
    error_message = "The ports are the sources'."
  }
}

run "everything" {
  variables {
    gateway                   = "function_url"
    client_security_group_ids = { vpn = "sg-1" }
    client_cidr_blocks        = ["10.0.0.0/8"]
    proxy                     = { subnet_ids = ["subnet-1", "subnet-2"] }
    exports                   = { image = "ghcr.io/doppel/query-worker@sha256:0", targets = ["results/doppel"], scripts = ["programs/doppel"] }
    chat                      = { slack_team_id = "T0123", slack_channel_id = "C0123" }
    masking_commands = {
      rails = {
        task_definition_arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/rails"
        task_role_arn       = "arn:aws:iam::123456789012:role/rails"
        execution_role_arn  = "arn:aws:iam::123456789012:role/rails-execution"
      }
    }
  }
  assert {
    condition     = length(aws_iam_role.this) == 15 && length(aws_apigatewayv2_api.gateway) == 0
    error_message = "Three more roles, and no HTTP API."
  }
  assert {
    condition     = anytrue([for statement in jsondecode(aws_iam_role_policy.this["clone-machine"].policy).Statement : contains(flatten([statement.Resource]), "arn:aws:iam::123456789012:role/rails")])
    error_message = "A team's task runs under its own role."
  }
  assert {
    condition     = strcontains(aws_lambda_function.this["clone"].environment[0].variables.DOPPEL_MASTER_SECRET_READERS, "arn:aws:iam::123456789012:role/rails")
    error_message = "A team's own command may read the master's login."
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.this["task-execution"].policy, "query-worker@")
    error_message = "A registry that is not Amazon's needs no right of AWS's."
  }
  assert {
    condition     = length(aws_iam_policy.boundary.policy) <= 6144
    error_message = "A managed policy has 6,144 characters."
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.clients) == 2 && length(aws_vpc_security_group_ingress_rule.proxy_clients) == 2
    error_message = "Clients reach clones and proxies on both engines' ports."
  }
}
