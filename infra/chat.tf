# Notifications of each clone's states, and the channel in which Amazon Q Developer (once AWS Chatbot) shows them.

resource "aws_sns_topic" "notifications" {
  #checkov:skip=CKV_AWS_26:CloudWatch's alarms cannot publish to a topic under SNS's own key; no secret is ever published
  name = "${var.name}-notifications"
  tags = local.tags
}

resource "aws_sns_topic_policy" "notifications" {
  arn = aws_sns_topic.notifications.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Alarms"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.notifications.arn
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_chatbot_slack_channel_configuration" "this" {
  for_each = var.chat == null ? {} : { this = var.chat }

  configuration_name    = var.name
  slack_team_id         = each.value.slack_team_id
  slack_channel_id      = each.value.slack_channel_id
  iam_role_arn          = aws_iam_role.this["chatbot"].arn
  guardrail_policy_arns = [aws_iam_policy.chatbot[each.key].arn]
  sns_topic_arns        = [aws_sns_topic.notifications.arn]
  logging_level         = "ERROR"
  tags                  = local.tags
}

# The most that anybody may do from the channel.
resource "aws_iam_policy" "chatbot" {
  for_each = var.chat == null ? {} : { this = true }

  name        = "${var.name}-chatbot-guardrail"
  description = "All that may be done from the channel: start a clone"
  policy      = local.policies["chatbot"]
  tags        = local.tags
}
