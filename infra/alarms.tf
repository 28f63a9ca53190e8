# What a person should look at. Alarms go to the topic of notifications, and to yours.

locals {
  alarm_actions = concat([aws_sns_topic.notifications.arn], var.alarm_topic_arns)

  # Metrics of doppel's own, read from the sweep's log.
  sweep_metrics = {
    alarms = { pattern = "{ $.alarm = \"*\" }", value = "1" }
    slots  = { pattern = "{ $.slots_used_percent >= 0 }", value = "$.slots_used_percent" }
  }

  machine_alarms = {
    clone-failures = {
      description = "More than three clones in an hour ended badly; each says why in its message and its record"
      machine     = "clone"
      metrics     = ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"]
      threshold   = 3
    }
    sweep-failures = {
      description = "The sweep failed: clones may outlive their time"
      machine     = "sweep"
      metrics     = ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"]
      threshold   = 0
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "sweep" {
  for_each = local.sweep_metrics

  name           = "${var.name}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.functions["sweep"].name
  pattern        = each.value.pattern

  metric_transformation {
    name      = each.key
    namespace = var.name
    value     = each.value.value
  }
}

resource "aws_cloudwatch_metric_alarm" "machines" {
  for_each = local.machine_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  tags                = local.tags

  metric_query {
    id          = "bad"
    expression  = "SUM(METRICS())"
    label       = "Executions that ended badly"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = each.value.metrics
    content {
      id = lower(metric_query.value)
      metric {
        namespace   = "AWS/States"
        metric_name = metric_query.value
        period      = 3600
        stat        = "Sum"
        dimensions  = { StateMachineArn = aws_sfn_state_machine.this[each.value.machine].arn }
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "silence" {
  alarm_name          = "${var.name}-sweep-silence"
  alarm_description   = "No sweep has come to its end for three hours: clones may outlive their time"
  namespace           = "AWS/States"
  metric_name         = "ExecutionsSucceeded"
  dimensions          = { StateMachineArn = aws_sfn_state_machine.this["sweep"].arn }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = local.alarm_actions
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "alarms" {
  alarm_name          = "${var.name}-sweep-alarms"
  alarm_description   = "The sweep saw what a person should look at: an orphan, a snapshot of a clone, a stranger in a lineage, a deletion that failed. Its log says which"
  namespace           = var.name
  metric_name         = "alarms"
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  tags                = local.tags

  depends_on = [aws_cloudwatch_log_metric_filter.sweep]
}

resource "aws_cloudwatch_metric_alarm" "slots" {
  alarm_name          = "${var.name}-slots"
  alarm_description   = "A source has used four fifths of its clone slots or more"
  namespace           = var.name
  metric_name         = "slots"
  statistic           = "Maximum"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 80
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  tags                = local.tags

  depends_on = [aws_cloudwatch_log_metric_filter.sweep]
}

resource "aws_cloudwatch_metric_alarm" "functions" {
  for_each = toset(["gateway", "notify", "sweep"])

  alarm_name          = "${var.name}-${each.key}-errors"
  alarm_description   = "The function ${each.key} keeps failing; its log says why"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.this[each.key].function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "undelivered" {
  alarm_name          = "${var.name}-undelivered"
  alarm_description   = "Something could not be handed on: a sweep that did not start, or changes that nobody was told of"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.undelivered.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  tags                = local.tags
}
