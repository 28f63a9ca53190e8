# The state machines, from the very files that `doppel local` runs.

locals {
  machine_values = merge(
    { for name in local.functions : "${replace(name, "-", "_")}_function_arn" => aws_lambda_function.this[name].arn },
    {
      cluster_arn           = aws_ecs_cluster.this.arn
      mask_timeout_seconds  = var.mask_timeout_seconds
      worker_security_group = aws_security_group.worker.id
      worker_subnets        = join(",", var.worker_subnet_ids)
    },
  )
}

resource "aws_sfn_state_machine" "this" {
  #checkov:skip=CKV_AWS_284:No traces: the execution's history shows every step
  #checkov:skip=CKV_AWS_285:Step Functions keeps the history for 90 days; a log of it would show the token of an approval
  for_each = toset(["clone", "sweep"])

  name       = "${var.name}-${each.key}"
  role_arn   = aws_iam_role.this["${each.key}-machine"].arn
  definition = templatefile("${path.module}/../statemachine/${each.key}.asl.json", local.machine_values)
  tags       = local.tags

  depends_on = [aws_iam_role_policy.this]
}
