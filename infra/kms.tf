# One key for all of doppel's secrets. A role uses it only through Secrets Manager, and only for the secrets that its policy names.

resource "aws_kms_key" "secrets" {
  description             = "doppel: clones' and Slack's secrets"
  enable_key_rotation     = true
  deletion_window_in_days = 7
  tags                    = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "IamDecides"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_alias" "secrets" {
  name          = "alias/${var.name}-secrets"
  target_key_id = aws_kms_key.secrets.key_id
}
