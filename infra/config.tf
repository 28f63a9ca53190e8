# The config folder in S3: what stands in `config_dir`, with the names of what is made here put into `doppel.toml`.

locals {
  config_values = merge(
    {
      quarantine_security_group = aws_security_group.quarantine.id
      user_security_group       = aws_security_group.users.id
      worker_security_group     = aws_security_group.worker.id
    },
    { for name in keys(var.sources) : "${replace(name, "-", "_")}_cluster_parameter_group" => aws_rds_cluster_parameter_group.quarantine[name].name },
    { for name in keys(var.sources) : "${replace(name, "-", "_")}_instance_parameter_group" => aws_db_parameter_group.quarantine[name].name },
    var.config_values,
  )
  rules = setunion(fileset(var.config_dir, "masking/*.toml"), fileset(var.config_dir, "prices.toml"))
}

resource "aws_s3_bucket" "config" {
  #checkov:skip=CKV_AWS_18:Every reading is in CloudTrail, if the account keeps data events; a log bucket of its own would cost more than it tells
  #checkov:skip=CKV_AWS_144:The folder stands in your repository; apply brings it back
  #checkov:skip=CKV_AWS_145:It holds no secret; S3's own key encrypts it
  #checkov:skip=CKV2_AWS_62:Nobody needs to hear of a change: every step reads the folder afresh
  bucket        = local.bucket
  force_destroy = var.force_destroy
  tags          = local.tags
}

# A clone pins the version of the rules that it started with.
resource "aws_s3_bucket_versioning" "config" {
  bucket = aws_s3_bucket.config.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "config" {
  bucket = aws_s3_bucket.config.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "config" {
  bucket                  = aws_s3_bucket.config.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "config" {
  bucket = aws_s3_bucket.config.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.config.arn, "${aws_s3_bucket.config.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.config]
}

resource "aws_s3_bucket_lifecycle_configuration" "config" {
  bucket = aws_s3_bucket.config.id

  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}

    # Longer than any clone is being set up.
    noncurrent_version_expiration {
      noncurrent_days = 90
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.config]
}

resource "aws_s3_object" "policy" {
  bucket       = aws_s3_bucket.config.id
  key          = "doppel.toml"
  content      = templatefile("${var.config_dir}/doppel.toml", local.config_values)
  content_type = "application/toml"

  depends_on = [aws_s3_bucket_versioning.config]
}

resource "aws_s3_object" "rules" {
  for_each = local.rules

  bucket       = aws_s3_bucket.config.id
  key          = each.key
  source       = "${var.config_dir}/${each.key}"
  source_hash  = filemd5("${var.config_dir}/${each.key}")
  content_type = "application/toml"

  depends_on = [aws_s3_bucket_versioning.config]
}
