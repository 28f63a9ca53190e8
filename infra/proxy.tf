# RDS Proxies of clones: a security group of their own, for sharing the database's would break the connection. Their role is in policies.tf.

resource "aws_security_group" "proxy" {
  #checkov:skip=CKV2_AWS_5:The proxies of clones are put into it
  for_each = var.proxy == null ? {} : { this = true }

  name        = "${var.name}-proxy"
  description = "Proxies of released clones: clients in, released clones out"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = "${var.name}-proxy" })
}

resource "aws_vpc_security_group_ingress_rule" "proxy_clients" {
  for_each = var.proxy == null ? {} : local.client_ports

  security_group_id            = aws_security_group.proxy["this"].id
  description                  = "Clients"
  referenced_security_group_id = each.value.group
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "proxy_client_blocks" {
  for_each = var.proxy == null ? {} : local.block_ports

  security_group_id = aws_security_group.proxy["this"].id
  description       = "Clients"
  cidr_ipv4         = each.value.block
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  tags              = local.tags
}

resource "aws_vpc_security_group_egress_rule" "proxy_to_clones" {
  for_each = var.proxy == null ? toset([]) : local.ports

  security_group_id            = aws_security_group.proxy["this"].id
  description                  = "Released clones"
  referenced_security_group_id = aws_security_group.users.id
  ip_protocol                  = "tcp"
  from_port                    = each.key
  to_port                      = each.key
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "users_from_proxy" {
  for_each = var.proxy == null ? toset([]) : local.ports

  security_group_id            = aws_security_group.users.id
  description                  = "Clones' proxies"
  referenced_security_group_id = aws_security_group.proxy["this"].id
  ip_protocol                  = "tcp"
  from_port                    = each.key
  to_port                      = each.key
  tags                         = local.tags
}
