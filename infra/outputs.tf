output "gateway_url" {
  description = "What stands in place of `https://doppel.example.com` in Slack's manifest"
  value       = trimsuffix(local.gateway_url, "/")
}

output "slack_secrets" {
  description = "The names of the two secrets that Slack's bot token and signing secret are put into"
  value       = { for key, secret in aws_secretsmanager_secret.slack : key => secret.name }
}

output "state_machine_arn" {
  description = "The state machine that makes clones"
  value       = aws_sfn_state_machine.this["clone"].arn
}

output "sweep_arn" {
  description = "The state machine that warns and deletes"
  value       = aws_sfn_state_machine.this["sweep"].arn
}

output "table" {
  description = "The table of clones"
  value       = aws_dynamodb_table.clones.name
}

output "config" {
  description = "The config folder, as `DOPPEL_CONFIG` names it"
  value       = "s3://${aws_s3_bucket.config.bucket}"
}

output "cli_environment" {
  description = "What the command line must be told, in the form that a shell reads"
  value = join("", [for name, value in merge(
    {
      DOPPEL_TABLE             = aws_dynamodb_table.clones.name
      DOPPEL_CONFIG            = "s3://${aws_s3_bucket.config.bucket}"
      DOPPEL_STATE_MACHINE_ARN = aws_sfn_state_machine.this["clone"].arn
      DOPPEL_SWEEP_ARN         = aws_sfn_state_machine.this["sweep"].arn
    },
    { for task in values(aws_ecs_task_definition.query_worker) : "DOPPEL_QUERY_TASK_DEFINITION" => task.family },
    var.exports == null ? {} : {
      DOPPEL_ECS_CLUSTER           = aws_ecs_cluster.this.name
      DOPPEL_QUERY_SUBNETS         = join(",", var.worker_subnet_ids)
      DOPPEL_QUERY_SECURITY_GROUPS = aws_security_group.query_worker["this"].id
      DOPPEL_EXPORTS               = "s3://${var.exports.targets[0]}"
    },
  ) : "export ${name}=${value}\n"])
}

output "security_groups" {
  description = "The security groups: `quarantine`, `users`, `worker`, and `proxy` and `query_worker` if there are any"
  value = merge(
    { quarantine = aws_security_group.quarantine.id, users = aws_security_group.users.id, worker = aws_security_group.worker.id },
    { for group in values(aws_security_group.proxy) : "proxy" => group.id },
    { for group in values(aws_security_group.query_worker) : "query_worker" => group.id },
  )
}

output "cluster_parameter_groups" {
  description = "The quarantine cluster parameter group of each source"
  value       = { for name, group in aws_rds_cluster_parameter_group.quarantine : name => group.name }
}

output "proxy_role_arn" {
  description = "The role that clones' proxies read their secret by; none without `proxy`"
  value       = try(aws_iam_role.this["proxy"].arn, null)
}

output "query_worker_task_definition" {
  description = "The task definition of batch queries; none without `exports`"
  value       = try(aws_ecs_task_definition.query_worker["this"].family, null)
}

output "notification_topic_arn" {
  description = "The SNS topic of clones' states and of alarms"
  value       = aws_sns_topic.notifications.arn
}

output "secrets_key_arn" {
  description = "The key of all of doppel's secrets"
  value       = aws_kms_key.secrets.arn
}

output "engineers_policy_arn" {
  description = "To attach to those who use clones: their own clones' login and Data API, by the tag `doppel:owner`"
  value       = aws_iam_policy.engineers.arn
}

output "operators_policy_arn" {
  description = "To attach to those who look after doppel with the command line"
  value       = aws_iam_policy.operators.arn
}

output "guard_policy_arn" {
  description = "To attach to everybody else's roles where there is no organization to paste `scp` into"
  value       = aws_iam_policy.guard.arn
}

output "scp" {
  description = "A service control policy to paste: nobody but doppel copies or changes a clone"
  value       = local.policies["scp"]
}
