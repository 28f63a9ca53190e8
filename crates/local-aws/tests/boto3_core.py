"""Drives the embedded AWS's smaller services as any Python program would. Silence is success."""

import json
import sys
import time

try:
    import boto3
    from botocore.exceptions import ClientError
except ImportError:
    sys.exit("boto3 is missing: install it, or set DOPPEL_PYTHON to an interpreter that has it")


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response
    raise AssertionError(f"{code} was expected")


def sts():
    identity = boto3.client("sts").get_caller_identity()
    assert identity["Arn"].endswith(":user/boto3"), identity


def dynamodb():
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="clones",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(TableName="clones", WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    table = boto3.resource("dynamodb").Table("clones")
    table.put_item(Item={"id": "a", "name": "山田 太郎", "states": ["requested"]})
    assert table.get_item(Key={"id": "a"})["Item"]["name"] == "山田 太郎"
    refused(
        "ConditionalCheckFailedException",
        table.put_item,
        Item={"id": "a"},
        ConditionExpression="attribute_not_exists(id)",
    )
    put = {"TableName": "clones", "Item": {"id": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(id)"}
    answer = refused("TransactionCanceledException", client.transact_write_items, TransactItems=[{"Put": put}])
    assert answer["CancellationReasons"][0]["Code"] == "ConditionalCheckFailed", answer
    refused("ResourceNotFoundException", client.describe_table, TableName="nowhere")


def secrets():
    client = boto3.client("secretsmanager")
    arn = client.create_secret(Name="a", SecretString="s€cret", Tags=[{"Key": "k", "Value": "v"}])["ARN"]
    assert client.get_secret_value(SecretId=arn)["SecretString"] == "s€cret"
    assert client.describe_secret(SecretId="a")["Tags"] == [{"Key": "k", "Value": "v"}]
    client.put_secret_value(SecretId="a", SecretBinary=b"\x00\xff")
    assert client.get_secret_value(SecretId="a")["SecretBinary"] == b"\x00\xff"
    refused("ResourceExistsException", client.create_secret, Name="a", SecretString="other")
    client.delete_secret(SecretId="a", ForceDeleteWithoutRecovery=True)
    refused("ResourceNotFoundException", client.get_secret_value, SecretId="a")


def sns():
    client = boto3.client("sns")
    topic = client.create_topic(Name="doppel")["TopicArn"]
    assert topic.split(":")[3] == boto3.session.Session().region_name, topic
    assert client.publish(TopicArn=topic, Message="クローン ready & well")["MessageId"]
    assert [each["TopicArn"] for each in client.list_topics()["Topics"]] == [topic]
    refused("NotFound", client.publish, TopicArn=topic + "-not", Message="x")


def s3():
    client = boto3.client("s3")
    client.create_bucket(Bucket="config", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    client.put_object(Bucket="config", Key="doppel.toml", Body="規則 = 1\n".encode())
    assert client.get_object(Bucket="config", Key="doppel.toml")["Body"].read() == "規則 = 1\n".encode()
    refused("NoSuchKey", client.get_object, Bucket="config", Key="none")
    refused("NoSuchBucket", client.get_object, Bucket="none", Key="none")


def functions():
    client = boto3.client("lambda")
    answer = client.invoke(FunctionName="echo", Payload=json.dumps({"名": 1}))
    assert json.load(answer["Payload"]) == {"said": {"名": 1}} and "FunctionError" not in answer
    answer = client.invoke(FunctionName="fails", Payload="{}")
    assert answer["FunctionError"] == "Unhandled", answer
    assert json.load(answer["Payload"])["errorType"] == "CapExceeded"
    assert client.invoke(FunctionName="echo", InvocationType="Event", Payload="{}")["StatusCode"] == 202
    arn = client.get_function(FunctionName="echo")["Configuration"]["FunctionArn"]
    assert client.invoke(FunctionName=arn, Payload="{}")["StatusCode"] == 200
    refused("ResourceNotFoundException", client.invoke, FunctionName="nobody", Payload="{}")


def tasks():
    client = boto3.client("ecs")
    for command, exit_code in [("mask", 0), ("other", 1)]:
        overrides = {"containerOverrides": [{"name": "worker", "command": [command]}]}
        task = client.run_task(taskDefinition="worker", overrides=overrides)["tasks"][0]["taskArn"]
        deadline = time.monotonic() + 30
        while (found := client.describe_tasks(tasks=[task])["tasks"][0])["lastStatus"] != "STOPPED":
            assert time.monotonic() < deadline, found
            time.sleep(0.2)
        assert found["containers"][0]["exitCode"] == exit_code, found
    refused("InvalidParameterException", client.run_task, taskDefinition="nobody")


for check in [sts, dynamodb, secrets, sns, s3, functions, tasks]:
    check()
