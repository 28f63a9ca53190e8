data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  tags      = merge({ doppel = var.name }, var.tags)

  # Names, from which policies build ARNs: a policy must be there before what it speaks of.
  table         = "${var.name}-clones"
  bucket        = "${var.name}-config-${local.account}-${local.region}"
  clone_machine = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${var.name}-clone"
  sweep_machine = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${var.name}-sweep"

  source_cluster_arns = [for source in values(var.sources) : startswith(source.cluster, "arn:") ? source.cluster :
  "arn:${local.partition}:rds:${local.region}:${local.account}:cluster:${source.cluster}"]
  source_ports = { for name, source in var.sources : name => coalesce(source.port, startswith(source.family, "aurora-mysql") ? 3306 : 5432) }
  ports        = toset([for port in distinct(values(local.source_ports)) : tostring(port)])
}
