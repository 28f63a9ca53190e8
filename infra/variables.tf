variable "name" {
  description = "First part of the name of everything that is made here, but for clones: those always begin with `doppel-`"
  type        = string
  default     = "doppel"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name)) && !endswith(var.name, "-")
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen."
  }
}

variable "package_dir" {
  description = "Folder with the functions' packages: `clone.zip`, `mask-command.zip`, `resize.zip`, `release.zip`, `sweep.zip`, `notify.zip` and `gateway.zip`"
  type        = string
}

variable "architecture" {
  description = "What the packages and images were built for: `arm64` or `x86_64`"
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "worker_image" {
  description = "Image of the masking worker, with its tag or digest"
  type        = string

  validation {
    condition     = can(regex("[:@]", var.worker_image)) && !endswith(var.worker_image, ":latest")
    error_message = "worker_image must name a tag or a digest, and not the tag latest: what masks production must be known."
  }
}

variable "worker_size" {
  description = "CPU units and MiB of memory of the masking task, in a combination that Fargate knows"
  type = object({
    cpu    = optional(number, 2048)
    memory = optional(number, 4096)
  })
  default = {}

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.worker_size.cpu) && var.worker_size.memory >= 2 * var.worker_size.cpu && var.worker_size.memory <= 8 * var.worker_size.cpu
    error_message = "Fargate knows 256, 512, 1024, 2048, 4096, 8192 and 16384 CPU units, with 2 to 8 MiB of memory for each."
  }
}

variable "config_dir" {
  description = "Folder with `doppel.toml` (a template, filled with what is made here; see `config.tf`), `masking/<source>.toml` and, if there is one, `prices.toml`"
  type        = string
}

variable "config_values" {
  description = "Further values for the places in `doppel.toml`, beside those that the module knows"
  type        = map(string)
  default     = {}
}

variable "sources" {
  description = <<-EOT
    The clusters that may be cloned, by their names in `doppel.toml`:
    `cluster` its identifier, or its ARN if it belongs to another account; `family` its parameter group family, such as `aurora-postgresql16`;
    `port` if it is not the engine's own; `kms_key_arn` its key, unless it is AWS's own `aws/rds`;
    `cluster_parameters` and `instance_parameters` what its own parameter groups set and masking or the application needs, such as time zone and
    character set (never needed: what doppel sets itself)
  EOT
  type = map(object({
    cluster     = string
    family      = string
    port        = optional(number)
    kms_key_arn = optional(string)
    cluster_parameters = optional(list(object({
      name         = string
      value        = string
      apply_method = optional(string, "pending-reboot")
    })), [])
    instance_parameters = optional(list(object({
      name         = string
      value        = string
      apply_method = optional(string, "pending-reboot")
    })), [])
  }))

  validation {
    condition     = length(var.sources) > 0
    error_message = "sources must name at least one cluster."
  }
  validation {
    condition     = alltrue([for name in keys(var.sources) : can(regex("^[a-z][a-z0-9-]{0,31}$", name))])
    error_message = "The names of sources are lower-case letters, digits and hyphens, beginning with a letter, at most 32 of them."
  }
  validation {
    condition     = alltrue([for source in values(var.sources) : can(regex("^aurora-(postgresql[0-9]+|mysql[0-9]+\\.[0-9]+)$", source.family))])
    error_message = "family must be one of Aurora's, such as aurora-postgresql16 or aurora-mysql8.0."
  }
  validation {
    condition     = alltrue([for source in values(var.sources) : !startswith(element(split(":", source.cluster), length(split(":", source.cluster)) - 1), "doppel-")])
    error_message = "No source may be called doppel-…: that prefix is the clones', which doppel may change and delete."
  }
  validation {
    condition     = alltrue([for source in values(var.sources) : can(regex("^(arn:[a-z-]+:rds:[a-z0-9-]+:[0-9]{12}:cluster:)?[a-zA-Z][a-zA-Z0-9-]{0,62}$", source.cluster))])
    error_message = "cluster must be a cluster's identifier or ARN."
  }
  validation {
    condition     = alltrue([for source in values(var.sources) : source.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", source.kms_key_arn))])
    error_message = "kms_key_arn must be a key's ARN: an alias does not do in a policy."
  }
}

variable "vpc_id" {
  description = "The VPC of the clones and the worker"
  type        = string

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id must be a VPC's id."
  }
}

variable "worker_subnet_ids" {
  description = "Private subnets of the worker. From there it must reach the clones, and AWS's own addresses: through a NAT gateway, or endpoints for S3, DynamoDB, RDS, Secrets Manager, ECR and CloudWatch Logs"
  type        = list(string)

  validation {
    condition     = length(var.worker_subnet_ids) > 0 && alltrue([for id in var.worker_subnet_ids : startswith(id, "subnet-")])
    error_message = "worker_subnet_ids must hold at least one subnet's id."
  }
}

variable "aws_cidr_blocks" {
  description = "Where the worker may call AWS, by HTTPS: anywhere, or the blocks of your endpoints"
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = alltrue([for block in var.aws_cidr_blocks : can(cidrnetmask(block))])
    error_message = "aws_cidr_blocks must hold IPv4 blocks."
  }
}

variable "client_security_group_ids" {
  description = "Security groups from which a released clone may be reached: bastions, VPN, applications"
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for id in values(var.client_security_group_ids) : startswith(id, "sg-")])
    error_message = "client_security_group_ids must hold security groups' ids, by names of your own."
  }
}

variable "client_cidr_blocks" {
  description = "IPv4 blocks from which a released clone may be reached"
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for block in var.client_cidr_blocks : can(cidrnetmask(block)) && !endswith(block, "/0")])
    error_message = "client_cidr_blocks must hold IPv4 blocks, and not the whole Internet."
  }
}

variable "gateway" {
  description = "What Slack calls: `http_api` (API Gateway, throttled) or `function_url` (a Lambda function URL)"
  type        = string
  default     = "http_api"

  validation {
    condition     = contains(["http_api", "function_url"], var.gateway)
    error_message = "gateway must be http_api or function_url."
  }
}

variable "proxy" {
  description = "Make what clones with an RDS Proxy need, a role and a security group: `subnet_ids`, two or more in different zones. Without it none can be asked for"
  type = object({
    subnet_ids = list(string)
  })
  default = null

  validation {
    condition     = var.proxy == null || length(try(var.proxy.subnet_ids, [])) >= 2
    error_message = "A proxy needs subnets in two zones or more."
  }
}

variable "exports" {
  description = <<-EOT
    Make what batch queries and exports need: `image` of the query worker, `targets` the places that it may write to, `scripts` those that it may
    read users' programs from, both as `bucket/prefix`. Without it none can be asked for
  EOT
  type = object({
    image   = string
    targets = list(string)
    scripts = optional(list(string), [])
    cpu     = optional(number, 1024)
    memory  = optional(number, 2048)
  })
  default = null

  validation {
    condition     = var.exports == null || length(try(var.exports.targets, [])) > 0
    error_message = "exports needs at least one target."
  }
  validation {
    condition     = alltrue([for place in concat(try(var.exports.targets, []), try(var.exports.scripts, [])) : can(regex("^[a-z0-9][a-z0-9.-]{2,62}/[^*]+$", place))])
    error_message = "targets and scripts are bucket/prefix, without s3:// and without a star: a whole bucket would be too much."
  }
  validation {
    condition     = var.exports == null || can(regex("[:@]", var.exports.image))
    error_message = "The image of exports must name a tag or a digest."
  }
}

variable "masking_commands" {
  description = "Task definitions of teams that mask with a command of their own, as ARNs without a revision, each with the ARNs of its task role and execution role"
  type = map(object({
    task_definition_arn = string
    task_role_arn       = string
    execution_role_arn  = string
  }))
  default = {}

  validation {
    condition     = alltrue([for command in values(var.masking_commands) : can(regex(":task-definition/[^:*]+$", command.task_definition_arn))])
    error_message = "task_definition_arn must be an ARN without a revision, so that your own deployments do not change this module."
  }
}

variable "chat" {
  description = "Amazon Q Developer in chat applications (once AWS Chatbot): the ids of the Slack workspace and of the channel that may start clones with `@aws` and hears of them. The workspace must be authorised in the console once"
  type = object({
    slack_team_id    = string
    slack_channel_id = string
  })
  default = null

  validation {
    condition     = var.chat == null || can(regex("^T[A-Z0-9]+$", var.chat.slack_team_id)) && can(regex("^[CG][A-Z0-9]+$", var.chat.slack_channel_id))
    error_message = "slack_team_id begins with T, slack_channel_id with C or G."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that hear of alarms, beside the topic of notifications"
  type        = list(string)
  default     = []
}

variable "poll_seconds" {
  description = "Seconds from one look at a clone to the next"
  type        = number
  default     = 10

  validation {
    condition     = var.poll_seconds >= 5 && var.poll_seconds <= 60
    error_message = "poll_seconds must be 5 to 60: Step Functions' history holds 25,000 events."
  }
}

variable "mask_timeout_seconds" {
  description = "The longest that one masking task may run; less than the policy's `setup` limit"
  type        = number
  default     = 18000

  validation {
    condition     = var.mask_timeout_seconds >= 300 && var.mask_timeout_seconds <= 86400
    error_message = "mask_timeout_seconds must be 300 to 86400."
  }
}

variable "log_retention_days" {
  description = "Days for which logs are kept, the audit trail among them"
  type        = number
  default     = 365

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of CloudWatch's: 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, …"
  }
}

variable "permissions_boundary_arn" {
  description = "A permissions boundary of your own for every role, in place of the module's"
  type        = string
  default     = null
}

variable "force_destroy" {
  description = "Let `terraform destroy` remove the table of clones and the configuration with all its versions. Leave it false until you remove doppel"
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of everything that is made here"
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(key, "doppel:")])
    error_message = "Tags that begin with doppel: are the clones'."
  }
}
