# What each role may do: `policies/<role>.json`. Each statement's "Why" is for people (docs/permissions.md is made of it) and is left
# out here, as is a statement about things that this installation does not have.

locals {
  policy_values = {
    partition       = local.partition
    region          = local.region
    account         = local.account
    name            = var.name
    bucket          = local.bucket
    secrets_key_arn = aws_kms_key.secrets.arn

    source_cluster_arns = local.source_cluster_arns
    shared_cluster_arns = [for arn in local.source_cluster_arns : arn if split(":", arn)[4] != local.account]
    source_kms_key_arns = distinct([for source in values(var.sources) : source.kms_key_arn if source.kms_key_arn != null])

    mask_task_definition_arns = concat(
      ["arn:${local.partition}:ecs:${local.region}:${local.account}:task-definition/${var.name}-mask-worker:*"],
      flatten([for command in values(var.masking_commands) : [command.task_definition_arn, "${command.task_definition_arn}:*"]]),
    )
    mask_role_arns = concat(
      [local.role_arns["mask-worker"], local.role_arns["task-execution"]],
      flatten([for command in values(var.masking_commands) : [command.task_role_arn, command.execution_role_arn]]),
    )

    proxy_any             = var.proxy == null ? [] : ["*"]
    proxy_arns            = [for kind in local.proxy_kinds : "arn:${local.partition}:rds:${local.region}:${local.account}:${kind}:*" if kind == "db-proxy"]
    proxy_target_arns     = [for kind in local.proxy_kinds : "arn:${local.partition}:rds:${local.region}:${local.account}:${kind}:*" if kind == "target-group"]
    proxy_and_target_arns = [for kind in local.proxy_kinds : "arn:${local.partition}:rds:${local.region}:${local.account}:${kind}:*"]
    proxy_role_arns       = var.proxy == null ? [] : [local.role_arns["proxy"]]

    export_target_arns = [for place in try(var.exports.targets, []) : "arn:${local.partition}:s3:::${place}/*"]
    export_script_arns = [for place in try(var.exports.scripts, []) : "arn:${local.partition}:s3:::${place}/*"]

    export_bucket_arns         = distinct([for place in try(var.exports.targets, []) : "arn:${local.partition}:s3:::${split("/", place)[0]}"])
    export_patterns            = [for place in try(var.exports.targets, []) : "${join("/", slice(split("/", place), 1, length(split("/", place))))}/*"]
    query_task_definition_arns = var.exports == null ? [] : ["arn:${local.partition}:ecs:${local.region}:${local.account}:task-definition/${var.name}-query-worker:*"]
    query_role_arns            = var.exports == null ? [] : [local.role_arns["query-worker"], local.role_arns["task-execution"]]

    registry_any    = length(local.repository_arns) > 0 ? ["*"] : []
    repository_arns = local.repository_arns
  }

  proxy_kinds = var.proxy == null ? [] : ["db-proxy", "target-group"]

  # Amazon ECR's repositories among the images; another registry needs no right of AWS's.
  repository_arns = distinct([for image in compact([var.worker_image, try(var.exports.image, "")]) :
    replace(image, "/^([0-9]{12})\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com[a-z.]*\\/([^:@]+).*$/", "arn:${local.partition}:ecr:$2:$1:repository/$3")
  if can(regex("^[0-9]{12}\\.dkr\\.ecr\\.", image))])

  statements = { for file in fileset("${path.module}/policies", "*.json") : trimsuffix(file, ".json") => [
    for statement in jsondecode(templatefile("${path.module}/policies/${file}", local.policy_values)).Statement :
    { for key, value in statement : key => value if key != "Why" }
    if length(flatten([try(statement.Resource, statement.NotResource)])) > 0
  ] }
  policies = { for name, statements in local.statements : name => jsonencode({ Version = "2012-10-17", Statement = statements }) }

  # The roles that doppel's programs run under, by what may take them on.
  functions = toset(["clone", "mask-command", "resize", "release", "sweep", "notify", "gateway"])
  roles = merge(
    { for name in local.functions : name => "lambda.amazonaws.com" },
    { for name in ["mask-worker", "task-execution"] : name => "ecs-tasks.amazonaws.com" },
    { for name in ["clone-machine", "sweep-machine"] : name => "states.amazonaws.com" },
    { events = "events.amazonaws.com" },
    var.exports == null ? {} : { query-worker = "ecs-tasks.amazonaws.com" },
    var.proxy == null ? {} : { proxy = "rds.amazonaws.com" },
    var.chat == null ? {} : { chatbot = "chatbot.amazonaws.com" },
  )
  role_arns = { for name in setunion(keys(local.roles), ["proxy", "query-worker", "chatbot"]) :
  name => "arn:${local.partition}:iam::${local.account}:role/${var.name}-${name}" }

  # These say for whom they come; Lambda and Chatbot do not.
  says_account = ["ecs-tasks.amazonaws.com", "states.amazonaws.com", "events.amazonaws.com", "rds.amazonaws.com"]
}

resource "aws_iam_role" "this" {
  for_each = local.roles

  name                 = "${var.name}-${each.key}"
  description          = "doppel: ${each.key}"
  permissions_boundary = coalesce(var.permissions_boundary_arn, aws_iam_policy.boundary.arn)
  tags                 = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [merge(
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = each.value } },
      contains(local.says_account, each.value) ? { Condition = { StringEquals = { "aws:SourceAccount" = local.account } } } : {},
    )]
  })
}

resource "aws_iam_role_policy" "this" {
  for_each = local.roles

  name   = "allowed"
  role   = aws_iam_role.this[each.key].name
  policy = local.policies[each.key]
}

# With this one, even a bug of doppel's cannot harm production.
resource "aws_iam_role_policy" "protect_sources" {
  for_each = local.roles

  name   = "protect-sources"
  role   = aws_iam_role.this[each.key].name
  policy = local.policies["protect-sources"]
}
