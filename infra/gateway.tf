# What Slack calls: an HTTP API, or a function URL. Either is public; the gateway itself checks Slack's signature on everything.

locals {
  http_api    = var.gateway == "http_api" ? { this = true } : {}
  gateway_url = var.gateway == "http_api" ? one(values(aws_apigatewayv2_stage.gateway)[*].invoke_url) : one(values(aws_lambda_function_url.gateway)[*].function_url)
}

resource "aws_apigatewayv2_api" "gateway" {
  for_each = local.http_api

  name          = "${var.name}-gateway"
  description   = "What Slack calls of doppel"
  protocol_type = "HTTP"
  tags          = local.tags
}

resource "aws_apigatewayv2_integration" "gateway" {
  for_each = local.http_api

  api_id                 = aws_apigatewayv2_api.gateway[each.key].id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.this["gateway"].arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "gateway" {
  #checkov:skip=CKV_AWS_309:Slack cannot sign in to AWS; the gateway checks Slack's own signature, and /healthz says ok to anybody
  for_each = var.gateway == "http_api" ? toset(["POST /slack/{proxy+}", "GET /healthz"]) : toset([])

  api_id             = aws_apigatewayv2_api.gateway["this"].id
  route_key          = each.key
  authorization_type = "NONE"
  target             = "integrations/${aws_apigatewayv2_integration.gateway["this"].id}"
}

resource "aws_apigatewayv2_stage" "gateway" {
  for_each = local.http_api

  api_id      = aws_apigatewayv2_api.gateway[each.key].id
  name        = "$default"
  auto_deploy = true
  tags        = local.tags

  default_route_settings {
    throttling_burst_limit = 50
    throttling_rate_limit  = 25
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.gateway[each.key].arn
    format          = jsonencode({ at = "$context.requestTime", from = "$context.identity.sourceIp", route = "$context.routeKey", status = "$context.status", ms = "$context.responseLatency" })
  }
}

resource "aws_cloudwatch_log_group" "gateway" {
  #checkov:skip=CKV_AWS_158:Logs hold no secret and no personal value; CloudWatch's own key encrypts them
  #checkov:skip=CKV_AWS_338:A year by default; the variable may say less
  for_each = local.http_api

  name              = "/aws/apigateway/${var.name}-gateway"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

resource "aws_lambda_permission" "gateway" {
  for_each = local.http_api

  statement_id  = "http-api"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this["gateway"].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.gateway[each.key].execution_arn}/*"
}

resource "aws_lambda_function_url" "gateway" {
  #checkov:skip=CKV_AWS_258:Slack cannot sign in to AWS; the gateway checks Slack's own signature
  for_each = var.gateway == "function_url" ? { this = true } : {}

  function_name      = aws_lambda_function.this["gateway"].function_name
  authorization_type = "NONE"
}

resource "aws_lambda_permission" "function_url" {
  #checkov:skip=CKV_AWS_301:Slack cannot sign in to AWS; the gateway checks Slack's own signature
  for_each = var.gateway == "function_url" ? { this = true } : {}

  statement_id           = "function-url"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.this["gateway"].function_name
  principal              = "*"
  function_url_auth_type = "NONE"
}
