# Batch queries and exports: a Fargate task that people start with `doppel export`, under a role that reaches released clones alone.

resource "aws_ecs_task_definition" "query_worker" {
  for_each = var.exports == null ? {} : { this = var.exports }

  family                   = "${var.name}-query-worker"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  task_role_arn            = aws_iam_role.this["query-worker"].arn
  execution_role_arn       = aws_iam_role.this["task-execution"].arn
  tags                     = local.tags

  runtime_platform {
    cpu_architecture        = local.cpu_architecture
    operating_system_family = "LINUX"
  }

  # A user's own program is put there, and may write there; nothing of it outlives the task.
  volume {
    name = "scratch"
  }

  container_definitions = jsonencode([{
    name                   = "query-worker"
    image                  = each.value.image
    essential              = true
    user                   = "65532"
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] } }
    mountPoints            = [{ sourceVolume = "scratch", containerPath = "/tmp", readOnly = false }]
    environment = [for name, value in merge(local.step_environment, { DOPPEL_DB_CA = local.rds_authorities }) :
    { name = name, value = value }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.workers["query-worker"].name
        awslogs-region        = local.region
        awslogs-stream-prefix = "task"
      }
    }
  }])
}
