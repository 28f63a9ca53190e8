# Against everybody else: nobody may restore, snapshot, copy or export a clone, or change it before it is verified. The same text serves
# as a service control policy (the output `scp`, to paste) and, where there is no organization, as a policy to attach to people's roles.

resource "aws_iam_policy" "guard" {
  name        = "${var.name}-guard"
  description = "Denies copies of clones, changes of clones and their master secrets to everybody but doppel"
  policy      = local.policies["scp"]
  tags        = local.tags
}
