# The functions: one a step, one that tells Slack, one that Slack calls.

locals {
  step_environment = {
    DOPPEL_TABLE        = local.table
    DOPPEL_CONFIG       = "s3://${local.bucket}"
    DOPPEL_POLL_SECONDS = tostring(var.poll_seconds)
  }
  tell_environment = {
    DOPPEL_TABLE              = local.table
    DOPPEL_CONFIG             = "s3://${local.bucket}"
    DOPPEL_SLACK_TOKEN_SECRET = aws_secretsmanager_secret.slack["token"].name
  }
  environments = {
    clone = merge(local.step_environment, {
      DOPPEL_SECRETS_KEY = aws_kms_key.secrets.arn
      DOPPEL_MASTER_SECRET_READERS = join(",", concat(
        [local.role_arns["clone"], local.role_arns["mask-worker"]],
        [for command in values(var.masking_commands) : command.task_role_arn],
      ))
    })
    mask-command = merge(local.step_environment, {
      DOPPEL_WORKER_TASK_DEFINITION = "${var.name}-mask-worker"
      DOPPEL_WORKER_CONTAINER       = "mask-worker"
    })
    resize  = local.step_environment
    release = local.step_environment
    sweep   = local.step_environment
    notify  = merge(local.tell_environment, { DOPPEL_NOTIFICATION_TOPIC = aws_sns_topic.notifications.arn })
    gateway = merge(local.tell_environment, {
      DOPPEL_STATE_MACHINE_ARN    = local.clone_machine
      DOPPEL_SWEEP_ARN            = local.sweep_machine
      DOPPEL_SLACK_SIGNING_SECRET = aws_secretsmanager_secret.slack["signing"].name
    })
  }
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50:No traces: every step of a clone stands in its record and its execution's history
  #checkov:skip=CKV_AWS_115:A reserved share would be taken from the account's other functions; the state machines and API Gateway pace doppel's
  #checkov:skip=CKV_AWS_116:Step Functions calls synchronously and retries itself; what the stream cannot deliver goes to the queue of the undelivered
  #checkov:skip=CKV_AWS_117:The functions call AWS and Slack alone, and never a database
  #checkov:skip=CKV_AWS_173:Names and ARNs alone; every secret is in Secrets Manager
  #checkov:skip=CKV_AWS_272:The package's digest stands in the plan; who may change functions is for the account to say
  for_each = local.functions

  function_name    = "${var.name}-${each.key}"
  description      = "doppel: ${each.key}"
  role             = aws_iam_role.this[each.key].arn
  filename         = "${var.package_dir}/${each.key}.zip"
  source_code_hash = filebase64sha256("${var.package_dir}/${each.key}.zip")
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  memory_size      = each.key == "gateway" ? 512 : 256
  # An operation of the SDK gives up after 20 s, and the state machine's task after 60.
  timeout = 30
  tags    = local.tags

  environment {
    variables = local.environments[each.key]
  }

  logging_config {
    log_format = "Text" # it is JSON already
    log_group  = aws_cloudwatch_log_group.functions[each.key].name
  }

  depends_on = [aws_iam_role_policy.this, aws_iam_role_policy.protect_sources]
}

resource "aws_cloudwatch_log_group" "functions" {
  #checkov:skip=CKV_AWS_158:Logs hold no secret and no personal value; CloudWatch's own key encrypts them
  #checkov:skip=CKV_AWS_338:A year by default; the variable may say less
  for_each = local.functions

  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

# Notify follows the table's stream.
resource "aws_lambda_event_source_mapping" "notify" {
  function_name                  = aws_lambda_function.this["notify"].arn
  event_source_arn               = aws_dynamodb_table.clones.stream_arn
  starting_position              = "LATEST"
  batch_size                     = 10
  bisect_batch_on_function_error = true
  maximum_record_age_in_seconds  = 3600 # the hourly sweep catches up with what is older
  maximum_retry_attempts         = 100
  tags                           = local.tags

  # Slots, requests and what was seen are nobody's business.
  filter_criteria {
    filter {
      pattern = jsonencode({ dynamodb = { Keys = { DBClusterIdentifier = { S = [{ prefix = "doppel-" }] } } } })
    }
    filter {
      pattern = jsonencode({ dynamodb = { Keys = { DBClusterIdentifier = { S = [{ prefix = "home#" }] } } } })
    }
  }

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.undelivered.arn
    }
  }

  depends_on = [aws_iam_role_policy.this]
}
