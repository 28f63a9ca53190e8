# The table of clones: the truth of intent.

resource "aws_dynamodb_table" "clones" {
  #checkov:skip=CKV_AWS_119:No secret is in it; DynamoDB's own key encrypts it, and costs nothing
  #checkov:skip=CKV2_AWS_16:It is on demand
  name                        = local.table
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "DBClusterIdentifier"
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"
  deletion_protection_enabled = !var.force_destroy
  tags                        = local.tags

  attribute {
    name = "DBClusterIdentifier"
    type = "S"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }
}
