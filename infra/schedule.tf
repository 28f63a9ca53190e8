# The hourly sweep, and the sweep of a clone whose execution ended badly.

resource "aws_cloudwatch_event_rule" "sweep" {
  name                = "${var.name}-sweep"
  description         = "Warns of clones, deletes what expired, looks for what should not be there"
  schedule_expression = "rate(1 hour)"
  tags                = local.tags
}

resource "aws_cloudwatch_event_target" "sweep" {
  rule     = aws_cloudwatch_event_rule.sweep.name
  arn      = aws_sfn_state_machine.this["sweep"].arn
  role_arn = aws_iam_role.this["events"].arn
  input    = "{}"

  dead_letter_config {
    arn = aws_sqs_queue.undelivered.arn
  }
}

resource "aws_cloudwatch_event_rule" "ended" {
  name        = "${var.name}-ended"
  description = "An execution that ended without a hand-over"
  tags        = local.tags

  event_pattern = jsonencode({
    source      = ["aws.states"]
    detail-type = ["Step Functions Execution Status Change"]
    detail = {
      stateMachineArn = [aws_sfn_state_machine.this["clone"].arn]
      status          = ["FAILED", "TIMED_OUT", "ABORTED"]
    }
  })
}

resource "aws_cloudwatch_event_target" "ended" {
  rule     = aws_cloudwatch_event_rule.ended.name
  arn      = aws_sfn_state_machine.this["sweep"].arn
  role_arn = aws_iam_role.this["events"].arn

  input_transformer {
    input_paths    = { execution = "$.detail.executionArn" }
    input_template = "{\"ended_execution\": <execution>}"
  }

  dead_letter_config {
    arn = aws_sqs_queue.undelivered.arn
  }
}

# What EventBridge and the table's stream could not hand on.
resource "aws_sqs_queue" "undelivered" {
  name                      = "${var.name}-undelivered"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = local.tags
}

resource "aws_sqs_queue_policy" "undelivered" {
  queue_url = aws_sqs_queue.undelivered.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Rules"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.undelivered.arn
      Condition = { ArnEquals = { "aws:SourceArn" = [aws_cloudwatch_event_rule.sweep.arn, aws_cloudwatch_event_rule.ended.arn] } }
    }]
  })
}
