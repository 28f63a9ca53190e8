# The masking worker: a Fargate task, started by the state machine alone.

locals {
  cpu_architecture = { arm64 = "ARM64", x86_64 = "X86_64" }[var.architecture]
  # In the images: AWS's authorities for RDS. Without it a worker would not know whom it talks to.
  rds_authorities = "/etc/ssl/rds/global-bundle.pem"
}

resource "aws_ecs_cluster" "this" {
  #checkov:skip=CKV_AWS_65:Container Insights costs money at rest; the worker writes its progress to the clone's record and its log
  name = var.name
  tags = local.tags
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE"]
}

resource "aws_ecs_task_definition" "mask_worker" {
  family                   = "${var.name}-mask-worker"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.worker_size.cpu
  memory                   = var.worker_size.memory
  task_role_arn            = aws_iam_role.this["mask-worker"].arn
  execution_role_arn       = aws_iam_role.this["task-execution"].arn
  tags                     = local.tags

  runtime_platform {
    cpu_architecture        = local.cpu_architecture
    operating_system_family = "LINUX"
  }

  container_definitions = jsonencode([{
    name                   = "mask-worker"
    image                  = var.worker_image
    essential              = true
    user                   = "65532"
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] } }
    environment = [for name, value in merge(local.step_environment, { DOPPEL_DB_CA = local.rds_authorities }) :
    { name = name, value = value }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.workers["mask-worker"].name
        awslogs-region        = local.region
        awslogs-stream-prefix = "task"
      }
    }
  }])
}

resource "aws_cloudwatch_log_group" "workers" {
  #checkov:skip=CKV_AWS_158:Logs hold no secret and no personal value; CloudWatch's own key encrypts them
  #checkov:skip=CKV_AWS_338:A year by default; the variable may say less
  for_each = toset(concat(["mask-worker"], var.exports == null ? [] : ["query-worker"]))

  name              = "/ecs/${var.name}-${each.key}"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}
