# Under these groups a clone boots without production's own code: no scheduled jobs, no events, no replication, and no log of statements.

locals {
  switches = {
    aurora-postgresql = {
      # Workers of extensions start with the server, so pg_cron must not be loaded at all.
      "shared_preload_libraries"          = "pg_stat_statements"
      "rds.logical_replication"           = "0"
      "max_logical_replication_workers"   = "0"
      "log_statement"                     = "none"
      "log_min_duration_statement"        = "-1"
      "log_min_error_statement"           = "panic"
      "log_parameter_max_length_on_error" = "0"
      "rds.force_ssl"                     = "1"
    }
    aurora-mysql = {
      "event_scheduler"          = "OFF"
      "general_log"              = "0"
      "slow_query_log"           = "0"
      "server_audit_logging"     = "0"
      "require_secure_transport" = "ON"
    }
  }

  quarantine_parameters = { for name, source in var.sources : name => merge(
    { for parameter in source.cluster_parameters : parameter.name => parameter },
    { for parameter, value in local.switches[startswith(source.family, "aurora-mysql") ? "aurora-mysql" : "aurora-postgresql"] :
    parameter => { name = parameter, value = value, apply_method = "pending-reboot" } },
  ) }
}

resource "aws_rds_cluster_parameter_group" "quarantine" {
  for_each = var.sources

  name        = "${var.name}-${each.key}-quarantine"
  family      = each.value.family
  description = "Clones of ${each.key}: production's own code does not run"
  tags        = local.tags

  dynamic "parameter" {
    for_each = local.quarantine_parameters[each.key]
    content {
      name         = parameter.value.name
      value        = parameter.value.value
      apply_method = parameter.value.apply_method
    }
  }
}

resource "aws_db_parameter_group" "quarantine" {
  for_each = var.sources

  name        = "${var.name}-${each.key}-quarantine"
  family      = each.value.family
  description = "Instances of clones of ${each.key}"
  tags        = local.tags

  dynamic "parameter" {
    for_each = { for parameter in each.value.instance_parameters : parameter.name => parameter }
    content {
      name         = parameter.value.name
      value        = parameter.value.value
      apply_method = parameter.value.apply_method
    }
  }
}
