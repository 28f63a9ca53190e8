# Who reaches whom. Quarantine: the worker in, nothing out. Released: clients in, nothing out.

locals {
  client_ports = { for pair in setproduct(keys(var.client_security_group_ids), local.ports) : "${pair[0]}/${pair[1]}" => { group = var.client_security_group_ids[pair[0]], port = pair[1] } }
  block_ports  = { for pair in setproduct(toset(var.client_cidr_blocks), local.ports) : "${pair[0]}/${pair[1]}" => { block = pair[0], port = pair[1] } }
}

resource "aws_security_group" "quarantine" {
  #checkov:skip=CKV2_AWS_5:Clones are put into it
  name        = "${var.name}-quarantine"
  description = "Clones that are not verified: the worker in, nothing out"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-quarantine" })
}

resource "aws_vpc_security_group_ingress_rule" "quarantine" {
  for_each = local.ports

  security_group_id            = aws_security_group.quarantine.id
  description                  = "The masking worker"
  referenced_security_group_id = aws_security_group.worker.id
  ip_protocol                  = "tcp"
  from_port                    = each.key
  to_port                      = each.key
  tags                         = local.tags
}

# A team's own masking command runs in the worker's group too: the state machine starts it there.
resource "aws_security_group" "worker" {
  #checkov:skip=CKV2_AWS_5:The state machine starts tasks in it
  name        = "${var.name}-worker"
  description = "Masking tasks: nothing in, quarantined clones and AWS out"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-worker" })
}

resource "aws_vpc_security_group_egress_rule" "worker_to_clones" {
  for_each = local.ports

  security_group_id            = aws_security_group.worker.id
  description                  = "Clones in quarantine"
  referenced_security_group_id = aws_security_group.quarantine.id
  ip_protocol                  = "tcp"
  from_port                    = each.key
  to_port                      = each.key
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "worker_to_aws" {
  for_each = toset(var.aws_cidr_blocks)

  security_group_id = aws_security_group.worker.id
  description       = "AWS"
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = local.tags
}

resource "aws_security_group" "users" {
  #checkov:skip=CKV2_AWS_5:Released clones are put into it
  name        = "${var.name}-users"
  description = "Released clones: clients in, nothing out"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-users" })
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = local.client_ports

  security_group_id            = aws_security_group.users.id
  description                  = "Clients"
  referenced_security_group_id = each.value.group
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "client_blocks" {
  for_each = local.block_ports

  security_group_id = aws_security_group.users.id
  description       = "Clients"
  cidr_ipv4         = each.value.block
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  tags              = local.tags
}

# Batch queries reach released clones, and none in quarantine.
resource "aws_security_group" "query_worker" {
  #checkov:skip=CKV2_AWS_5:`doppel export` starts tasks in it
  for_each = var.exports == null ? {} : { this = true }

  name        = "${var.name}-query-worker"
  description = "Batch queries: nothing in, released clones and AWS out"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-query-worker" })
}

resource "aws_vpc_security_group_ingress_rule" "query_worker" {
  for_each = var.exports == null ? toset([]) : local.ports

  security_group_id            = aws_security_group.users.id
  description                  = "Batch queries"
  referenced_security_group_id = aws_security_group.query_worker["this"].id
  ip_protocol                  = "tcp"
  from_port                    = each.key
  to_port                      = each.key
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "query_worker_to_clones" {
  for_each = var.exports == null ? toset([]) : local.ports

  security_group_id            = aws_security_group.query_worker["this"].id
  description                  = "Released clones"
  referenced_security_group_id = aws_security_group.users.id
  ip_protocol                  = "tcp"
  from_port                    = each.key
  to_port                      = each.key
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "query_worker_to_aws" {
  for_each = var.exports == null ? toset([]) : toset(var.aws_cidr_blocks)

  security_group_id = aws_security_group.query_worker["this"].id
  description       = "AWS"
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = local.tags
}
