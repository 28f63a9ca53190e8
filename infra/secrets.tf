# Slack's two secrets. Their values are put in by hand, so that no state file ever holds them.

resource "aws_secretsmanager_secret" "slack" {
  #checkov:skip=CKV2_AWS_57:Slack makes these, and offers no rotation that Secrets Manager could start
  for_each = {
    token   = "Slack's bot token (xoxb-…) of doppel's app"
    signing = "Slack's signing secret of doppel's app"
  }

  name                    = "${var.name}/slack/${each.key}"
  description             = each.value
  kms_key_id              = aws_kms_key.secrets.arn
  recovery_window_in_days = var.force_destroy ? 0 : 7
  tags                    = local.tags
}
