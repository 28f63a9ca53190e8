"""The functions as they are commonly written: Python with boto3, on AWS's own runtime client.

Each makes the clients that doppel's function of that name makes, reads at start what that reads at start, and does with
the measurement's one event what that does with it.
"""

import hashlib
import hmac
import os

import boto3

STEP = ["dynamodb", "s3", "rds"]
CLIENTS = {
    "clone": [*STEP, "secretsmanager", "stepfunctions"],
    "mask-command": [*STEP, "secretsmanager"],
    "resize": STEP,
    "release": [*STEP, "secretsmanager"],
    "sweep": [*STEP, "secretsmanager", "stepfunctions"],
    "notify": ["dynamodb", "s3", "secretsmanager", "sns"],
    "gateway": ["dynamodb", "s3", "secretsmanager", "stepfunctions"],
}
NAME = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
AWS = {service: boto3.client(service) for service in CLIENTS[NAME]}


def secret(variable):
    return AWS["secretsmanager"].get_secret_value(SecretId=os.environ[variable])["SecretString"]


if NAME in ("notify", "gateway"):
    TOKEN = secret("DOPPEL_SLACK_TOKEN_SECRET")
if NAME == "gateway":
    SIGNING = secret("DOPPEL_SLACK_SIGNING_SECRET")


class Cancelled(Exception):
    """The clone is another execution's, or gone."""


def record(clone_id):
    answer = AWS["dynamodb"].get_item(
        TableName=os.environ["DOPPEL_TABLE"],
        Key={"DBClusterIdentifier": {"S": clone_id}},
        ConsistentRead=True,
    )
    return answer.get("Item")


def signed(event):
    headers = event["headers"]
    text = f"v0:{headers['x-slack-request-timestamp']}:{event['body']}"
    wanted = "v0=" + hmac.new(SIGNING.encode(), text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, headers["x-slack-signature"])


def handler(event, context):
    if NAME == "gateway":
        return {"statusCode": 200 if signed(event) else 401, "body": ""}
    if NAME == "notify":
        for change in event["Records"]:
            record(change["dynamodb"]["Keys"]["DBClusterIdentifier"]["S"])
        return {}
    if record(event["clone_id"]) is not None:
        return {"status": "waiting"}
    if NAME == "sweep":
        return {"status": "done"}
    raise Cancelled(event["clone_id"])
