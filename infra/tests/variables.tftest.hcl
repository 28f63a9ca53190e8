# What the variables refuse.

mock_provider "aws" {}

variables {
  worker_image      = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/doppel/mask-worker:1.0"
  config_dir        = "./examples/complete/config"
  config_values     = { subnet_group = "private", shop_cluster = "shop", ledger_cluster = "ledger" }
  vpc_id            = "vpc-1"
  worker_subnet_ids = ["subnet-1", "subnet-2"]
  sources = {
    shop   = { cluster = "shop-production", family = "aurora-postgresql16" }
    ledger = { cluster = "ledger-production", family = "aurora-mysql8.0" }
  }
}

run "a_long_name" {
  command = plan
  variables {
    name = "a-name-that-leaves-no-room"
  }
  expect_failures = [var.name]
}

run "an_image_without_a_version" {
  command = plan
  variables {
    worker_image = "mask-worker:latest"
  }
  expect_failures = [var.worker_image]
}

run "a_size_that_fargate_does_not_know" {
  command = plan
  variables {
    worker_size = { cpu = 2048, memory = 1024 }
  }
  expect_failures = [var.worker_size]
}

run "no_sources" {
  command = plan
  variables {
    sources = {}
  }
  expect_failures = [var.sources]
}

run "a_source_that_looks_like_a_clone" {
  command = plan
  variables {
    sources = { shop = { cluster = "doppel-shop", family = "aurora-postgresql16" } }
  }
  expect_failures = [var.sources]
}

run "a_source_of_another_account_that_looks_like_a_clone" {
  command = plan
  variables {
    sources = { shop = { cluster = "arn:aws:rds:eu-west-1:210987654321:cluster:doppel-shop", family = "aurora-postgresql16" } }
  }
  expect_failures = [var.sources]
}

run "a_source_that_is_a_pattern" {
  command = plan
  variables {
    sources = { shop = { cluster = "*", family = "aurora-postgresql16" } }
  }
  expect_failures = [var.sources]
}

run "a_family_that_is_not_auroras" {
  command = plan
  variables {
    sources = { shop = { cluster = "shop", family = "postgres16" } }
  }
  expect_failures = [var.sources]
}

run "a_key_by_its_alias" {
  command = plan
  variables {
    sources = { shop = { cluster = "shop", family = "aurora-postgresql16", kms_key_arn = "alias/shop" } }
  }
  expect_failures = [var.sources]
}

run "the_whole_internet" {
  command = plan
  variables {
    client_cidr_blocks = ["0.0.0.0/0"]
  }
  expect_failures = [var.client_cidr_blocks]
}

run "another_gateway" {
  command = plan
  variables {
    gateway = "alb"
  }
  expect_failures = [var.gateway]
}

run "a_proxy_in_one_zone" {
  command = plan
  variables {
    proxy = { subnet_ids = ["subnet-1"] }
  }
  expect_failures = [var.proxy]
}

run "exports_to_a_whole_bucket" {
  command = plan
  variables {
    exports = { image = "query-worker:1.0", targets = ["results"] }
  }
  expect_failures = [var.exports]
}

run "a_masking_command_of_one_revision" {
  command = plan
  variables {
    masking_commands = {
      rails = {
        task_definition_arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/rails:7"
        task_role_arn       = "arn:aws:iam::123456789012:role/rails"
        execution_role_arn  = "arn:aws:iam::123456789012:role/rails-execution"
      }
    }
  }
  expect_failures = [var.masking_commands]
}

run "a_channel_by_its_name" {
  command = plan
  variables {
    chat = { slack_team_id = "T0123", slack_channel_id = "#clones" }
  }
  expect_failures = [var.chat]
}

run "a_poll_without_a_pause" {
  command = plan
  variables {
    poll_seconds = 1
  }
  expect_failures = [var.poll_seconds]
}
