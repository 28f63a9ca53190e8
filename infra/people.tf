# What people need, to attach to their roles.

resource "aws_iam_policy" "engineers" {
  name        = "${var.name}-engineers"
  description = "One's own clones: their login and the Data API, by the tag doppel:owner"
  policy      = local.policies["engineers"]
  tags        = local.tags
}

resource "aws_iam_policy" "operators" {
  name        = "${var.name}-operators"
  description = "Every verb of the command line, on everybody's clones"
  policy      = local.policies["operators"]
  tags        = local.tags
}
