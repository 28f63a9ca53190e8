# doppel into a VPC that there is, for a cluster that there is.

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
  description = "Where the cluster is"
  type        = string
}

variable "cluster" {
  description = "The cluster that may be cloned: its identifier"
  type        = string
}

variable "worker_subnet_ids" {
  description = "Private subnets from which AWS can be reached"
  type        = list(string)
}

variable "client_cidr_blocks" {
  description = "Where engineers connect from"
  type        = list(string)
  default     = []
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

variable "force_destroy" {
  description = "Let `terraform destroy` remove the table of clones and the configuration: set it when you remove doppel"
  type        = bool
  default     = false
}

data "aws_rds_cluster" "production" {
  cluster_identifier = var.cluster
}

data "aws_db_subnet_group" "production" {
  name = data.aws_rds_cluster.production.db_subnet_group_name
}

locals {
  engine = data.aws_rds_cluster.production.engine
  # 16.6 belongs to aurora-postgresql16, 8.0.mysql_aurora.3.08.1 to aurora-mysql8.0.
  versions = split(".", data.aws_rds_cluster.production.engine_version)
  family   = local.engine == "aurora-mysql" ? "aurora-mysql${local.versions[0]}.${local.versions[1]}" : "aurora-postgresql${local.versions[0]}"
}

module "doppel" {
  source = "../.."

  package_dir  = var.package_dir
  architecture = var.architecture
  worker_image = var.worker_image
  config_dir   = "${path.module}/config"
  config_values = {
    cluster      = var.cluster
    engine       = local.engine
    database     = data.aws_rds_cluster.production.database_name
    subnet_group = data.aws_rds_cluster.production.db_subnet_group_name
  }

  sources = {
    production = {
      cluster     = var.cluster
      family      = local.family
      port        = data.aws_rds_cluster.production.port
      kms_key_arn = data.aws_rds_cluster.production.kms_key_id == "" ? null : data.aws_rds_cluster.production.kms_key_id
    }
  }

  vpc_id             = data.aws_db_subnet_group.production.vpc_id
  worker_subnet_ids  = var.worker_subnet_ids
  client_cidr_blocks = var.client_cidr_blocks
  force_destroy      = var.force_destroy
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
