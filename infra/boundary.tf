# The most that any of doppel's roles may ever do: what they do together, and nothing to production, whoever changes a role later.

locals {
  boundary_actions = sort(distinct(flatten([for role in keys(local.roles) : [for statement in local.statements[role] : statement.Action]])))
}

resource "aws_iam_policy" "boundary" {
  #checkov:skip=CKV_AWS_290:A boundary allows nothing by itself; each role's own policy names its resources
  #checkov:skip=CKV_AWS_355:A boundary allows nothing by itself; each role's own policy names its resources
  #checkov:skip=CKV_AWS_288:A boundary allows nothing by itself; each role's own policy names its resources
  #checkov:skip=CKV_AWS_289:A boundary allows nothing by itself; each role's own policy names its resources
  name        = "${var.name}-boundary"
  description = "The most that any role of doppel may do"
  tags        = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{ Sid = "Most", Effect = "Allow", Action = local.boundary_actions, Resource = ["*"] }],
      local.statements["protect-sources"],
    )
  })
}
