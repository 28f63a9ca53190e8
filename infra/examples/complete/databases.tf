# Production, such as it is in an example. doppel only ever reads these clusters, for a copy-on-write clone.

resource "aws_kms_key" "data" {
  #checkov:skip=CKV2_AWS_64:Without a policy of its own the key has AWS's, under which IAM decides
  description             = "${var.name}: databases of the example"
  enable_key_rotation     = true
  deletion_window_in_days = 7
}

resource "aws_db_subnet_group" "private" {
  name       = "${var.name}-private"
  subnet_ids = values(aws_subnet.private)[*].id
}

resource "aws_security_group" "databases" {
  name        = "${var.name}-databases"
  description = "Production: nobody in, nothing out, until you say who"
  vpc_id      = aws_vpc.this.id
}

# The newest of a family.
data "aws_rds_engine_version" "postgresql" {
  engine                 = "aurora-postgresql"
  parameter_group_family = "aurora-postgresql16"
  latest                 = true
}

data "aws_rds_engine_version" "mysql" {
  engine                 = "aurora-mysql"
  parameter_group_family = "aurora-mysql8.0"
  latest                 = true
}

resource "aws_rds_cluster" "shop" {
  #checkov:skip=CKV_AWS_139:An example that can be destroyed
  #checkov:skip=CKV_AWS_162:An example with a master alone
  #checkov:skip=CKV_AWS_313:An example without production's duties
  #checkov:skip=CKV_AWS_324:An example without production's duties
  #checkov:skip=CKV2_AWS_8:An example without production's duties
  #checkov:skip=CKV2_AWS_27:An example without production's duties
  cluster_identifier          = "production-shop"
  engine                      = "aurora-postgresql"
  engine_version              = data.aws_rds_engine_version.postgresql.version_actual
  database_name               = "shop"
  master_username             = "postgres"
  manage_master_user_password = true
  enable_http_endpoint        = true
  storage_encrypted           = true
  kms_key_id                  = aws_kms_key.data.arn
  db_subnet_group_name        = aws_db_subnet_group.private.name
  vpc_security_group_ids      = [aws_security_group.databases.id]
  copy_tags_to_snapshot       = true
  skip_final_snapshot         = true

  serverlessv2_scaling_configuration {
    min_capacity             = 0
    max_capacity             = 4
    seconds_until_auto_pause = 300
  }
}

resource "aws_rds_cluster_instance" "shop" {
  #checkov:skip=CKV_AWS_118:An example without production's duties
  #checkov:skip=CKV_AWS_353:An example without production's duties
  #checkov:skip=CKV_AWS_354:An example without production's duties
  identifier                 = "production-shop-1"
  cluster_identifier         = aws_rds_cluster.shop.id
  engine                     = aws_rds_cluster.shop.engine
  instance_class             = "db.serverless"
  auto_minor_version_upgrade = true
}

resource "aws_rds_cluster" "ledger" {
  #checkov:skip=CKV_AWS_139:An example that can be destroyed
  #checkov:skip=CKV_AWS_162:An example with a master alone
  #checkov:skip=CKV_AWS_313:An example without production's duties
  #checkov:skip=CKV_AWS_324:An example without production's duties
  #checkov:skip=CKV_AWS_325:An example without production's duties
  #checkov:skip=CKV_AWS_326:An example without production's duties
  #checkov:skip=CKV2_AWS_8:An example without production's duties
  cluster_identifier          = "production-ledger"
  engine                      = "aurora-mysql"
  engine_version              = data.aws_rds_engine_version.mysql.version_actual
  database_name               = "ledger"
  master_username             = "admin"
  manage_master_user_password = true
  storage_encrypted           = true
  kms_key_id                  = aws_kms_key.data.arn
  db_subnet_group_name        = aws_db_subnet_group.private.name
  vpc_security_group_ids      = [aws_security_group.databases.id]
  copy_tags_to_snapshot       = true
  skip_final_snapshot         = true
}

resource "aws_rds_cluster_instance" "ledger" {
  #checkov:skip=CKV_AWS_118:An example without production's duties
  #checkov:skip=CKV_AWS_353:An example without production's duties
  #checkov:skip=CKV_AWS_354:An example without production's duties
  identifier                 = "production-ledger-1"
  cluster_identifier         = aws_rds_cluster.ledger.id
  engine                     = aws_rds_cluster.ledger.engine
  instance_class             = "db.t4g.medium"
  auto_minor_version_upgrade = true
}

# Where `doppel export` puts its results.
resource "aws_s3_bucket" "exports" {
  #checkov:skip=CKV_AWS_18:An example without production's duties
  #checkov:skip=CKV_AWS_21:Results are made anew, not kept
  #checkov:skip=CKV_AWS_144:Results are made anew, not kept
  #checkov:skip=CKV_AWS_145:Results hold masked data alone
  #checkov:skip=CKV2_AWS_61:An example; say yourself for how long results are kept
  #checkov:skip=CKV2_AWS_62:Nobody needs to hear of a result
  bucket        = "${var.name}-exports-${data.aws_caller_identity.current.account_id}-${var.region}"
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "exports" {
  bucket                  = aws_s3_bucket.exports.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
