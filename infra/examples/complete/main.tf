# Everything from nothing: a VPC, an Aurora Serverless v2 PostgreSQL with the Data API, an Aurora MySQL, and doppel for both.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6.0"
    }
  }
}

provider "aws" {
  region = var.region
}

variable "region" {
  description = "Where all of it is"
  type        = string
  default     = "eu-west-1"
}

variable "package_dir" {
  description = "Folder with the functions' packages"
  type        = string
}

variable "architecture" {
  description = "What the packages and images were built for: `arm64` or `x86_64`"
  type        = string
  default     = "arm64"
}

variable "worker_image" {
  description = "Image of the masking worker"
  type        = string
}

variable "query_worker_image" {
  description = "Image of the query worker"
  type        = string
  default     = null
}

variable "name" {
  description = "First part of every name"
  type        = string
  default     = "doppel"
}

data "aws_availability_zones" "here" {
  #checkov:skip=CKV_AWS_394:An example takes the first two zones, whichever they are
  state = "available"
}

data "aws_caller_identity" "current" {}

locals {
  zones = slice(data.aws_availability_zones.here.names, 0, 2)
}

module "doppel" {
  source = "../.."

  name         = var.name
  package_dir  = var.package_dir
  architecture = var.architecture
  worker_image = var.worker_image
  config_dir   = "${path.module}/config"
  config_values = {
    subnet_group   = aws_db_subnet_group.private.name
    shop_cluster   = aws_rds_cluster.shop.cluster_identifier
    ledger_cluster = aws_rds_cluster.ledger.cluster_identifier
  }

  sources = {
    shop = {
      cluster     = "production-shop"
      family      = "aurora-postgresql16"
      kms_key_arn = aws_kms_key.data.arn
    }
    ledger = {
      cluster     = "production-ledger"
      family      = "aurora-mysql8.0"
      kms_key_arn = aws_kms_key.data.arn
      cluster_parameters = [
        { name = "character_set_server", value = "utf8mb4" },
        { name = "time_zone", value = "UTC" },
      ]
    }
  }

  vpc_id                    = aws_vpc.this.id
  worker_subnet_ids         = values(aws_subnet.private)[*].id
  client_security_group_ids = { clients = aws_security_group.clients.id }
  proxy                     = { subnet_ids = values(aws_subnet.private)[*].id }
  exports = var.query_worker_image == null ? null : {
    image   = var.query_worker_image
    targets = ["${aws_s3_bucket.exports.bucket}/results"]
  }
  force_destroy = true # it is an example
}

output "gateway_url" {
  description = "What Slack calls"
  value       = module.doppel.gateway_url
}

output "slack_secrets" {
  description = "The two secrets that Slack's token and signing secret are put into"
  value       = module.doppel.slack_secrets
}

output "cli_environment" {
  description = "What the command line must be told"
  value       = module.doppel.cli_environment
}

output "scp" {
  description = "A service control policy to paste"
  value       = module.doppel.scp
}
