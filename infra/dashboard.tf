# Three free dashboards come with every account: this is one of them.

locals {
  graphs = {
    "Clones" = [for name in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"] :
    ["AWS/States", name, "StateMachineArn", aws_sfn_state_machine.this["clone"].arn, { stat = "Sum" }]]
    "Sweeps" = [for name in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut"] :
    ["AWS/States", name, "StateMachineArn", aws_sfn_state_machine.this["sweep"].arn, { stat = "Sum" }]]
    "Slots in use, percent, and alarms of the sweep" = [
      [var.name, "slots", { stat = "Maximum" }],
      [var.name, "alarms", { stat = "Sum" }],
    ]
    "Errors of functions"              = [for name in local.functions : ["AWS/Lambda", "Errors", "FunctionName", "${var.name}-${name}", { stat = "Sum" }]]
    "Slowest answers of functions, ms" = [for name in local.functions : ["AWS/Lambda", "Duration", "FunctionName", "${var.name}-${name}", { stat = "Maximum" }]]
    "Time from request to hand-over, ms" = [
      ["AWS/States", "ExecutionTime", "StateMachineArn", aws_sfn_state_machine.this["clone"].arn, { stat = "p50" }],
      ["AWS/States", "ExecutionTime", "StateMachineArn", aws_sfn_state_machine.this["clone"].arn, { stat = "Maximum" }],
    ]
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [for number, title in keys(local.graphs) : {
      type   = "metric"
      x      = 12 * (number % 2)
      y      = 6 * floor(number / 2)
      width  = 12
      height = 6
      properties = {
        title   = title
        region  = local.region
        view    = "timeSeries"
        period  = 3600
        metrics = local.graphs[title]
      }
    }]
  })
}
