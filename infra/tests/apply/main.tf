# All that the module can make, into an emulated account: `cargo xtask infra --apply` runs it. The emulator has no Chatbot.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6.0"
    }
  }
}

# AWS_ENDPOINT_URL says where the emulator is.
provider "aws" {
  region            = "eu-west-1"
  access_key        = "test"
  secret_key        = "test"
  s3_use_path_style = true
}

variable "package_dir" {
  description = "Folder with the functions' packages"
  type        = string
}

resource "aws_vpc" "this" {
  cidr_block = "10.20.0.0/16"
}

resource "aws_subnet" "private" {
  for_each = { eu-west-1a = 0, eu-west-1b = 1 }

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, each.value)
}

resource "aws_security_group" "clients" {
  name        = "clients"
  description = "May connect to released clones"
  vpc_id      = aws_vpc.this.id
}

module "doppel" {
  for_each = { http = "http_api", url = "function_url" }
  source   = "../.."

  name          = "doppel-${each.key}"
  gateway       = each.value
  package_dir   = var.package_dir
  worker_image  = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/doppel/mask-worker:1.0"
  config_dir    = "${path.module}/../../examples/complete/config"
  config_values = { subnet_group = "private", shop_cluster = "shop-production", ledger_cluster = "ledger-production" }

  sources = {
    shop   = { cluster = "shop-production", family = "aurora-postgresql16" }
    ledger = { cluster = "ledger-production", family = "aurora-mysql8.0", cluster_parameters = [{ name = "time_zone", value = "UTC" }] }
  }

  vpc_id                    = aws_vpc.this.id
  worker_subnet_ids         = values(aws_subnet.private)[*].id
  client_security_group_ids = { clients = aws_security_group.clients.id }
  client_cidr_blocks        = ["10.8.0.0/16"]
  proxy                     = { subnet_ids = values(aws_subnet.private)[*].id }
  exports                   = { image = "ghcr.io/doppel/query-worker:1.0", targets = ["results/doppel"], scripts = ["programs/doppel"] }
  force_destroy             = true
}
