"""Drives the embedded RDS with boto3: restore, create, modify, tag, delete, and the error codes."""

import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

rds = boto3.client(
    "rds",
    endpoint_url=sys.argv[1],
    region_name="ap-northeast-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    config=Config(retries={"max_attempts": 0}),
)


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return
    raise AssertionError(f"{call.__name__} should fail with {code}")


def until(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("never came true")


def cluster():
    return rds.describe_db_clusters(DBClusterIdentifier="clone")["DBClusters"][0]


def instance():
    return rds.describe_db_instances(DBInstanceIdentifier="clone-1")["DBInstances"][0]


restore = {
    "DBClusterIdentifier": "clone",
    "SourceDBClusterIdentifier": "production",
    "RestoreType": "copy-on-write",
    "UseLatestRestorableTime": True,
}
made = rds.restore_db_cluster_to_point_in_time(
    **restore,
    VpcSecurityGroupIds=["sg-quarantine"],
    Tags=[{"Key": "owner", "Value": "Zoë"}],
    ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 4},
)["DBCluster"]
assert made["Status"] == "creating" and made["TagList"] == [{"Key": "owner", "Value": "Zoë"}], made
assert made["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 0.5, "MaxCapacity": 4.0}, made
refused("DBClusterAlreadyExistsFault", rds.restore_db_cluster_to_point_in_time, **restore)
refused(
    "DBClusterNotFoundFault",
    rds.restore_db_cluster_to_point_in_time,
    **{**restore, "DBClusterIdentifier": "other", "SourceDBClusterIdentifier": "nobody"},
)
create = {
    "DBInstanceIdentifier": "clone-1",
    "DBClusterIdentifier": "clone",
    "DBInstanceClass": "db.t4g.medium",
    "Engine": "aurora-postgresql",
}
refused("InvalidDBClusterStateFault", rds.create_db_instance, **create)
until(lambda: cluster()["Status"] == "available")
rds.create_db_instance(**create, PubliclyAccessible=False)
refused("DBInstanceAlreadyExists", rds.create_db_instance, **create)
until(lambda: instance()["DBInstanceStatus"] == "available")
assert instance()["Endpoint"]["Port"] == cluster()["Port"]
assert cluster()["DBClusterMembers"][0]["IsClusterWriter"]

rds.modify_db_instance(DBInstanceIdentifier="clone-1", DBInstanceClass="db.serverless", ApplyImmediately=True)
until(lambda: instance()["DBInstanceClass"] == "db.serverless" and instance()["DBInstanceStatus"] == "available")
rds.modify_db_cluster(
    DBClusterIdentifier="clone",
    VpcSecurityGroupIds=["sg-default"],
    MasterUserPassword="a-new-password",
    CloudwatchLogsExportConfiguration={"EnableLogTypes": ["postgresql"]},
    ApplyImmediately=True,
)
assert cluster()["Status"] == "resetting-master-credentials"
until(lambda: cluster()["Status"] == "available")
assert cluster()["EnabledCloudwatchLogsExports"] == ["postgresql"]
assert cluster()["VpcSecurityGroups"] == [{"VpcSecurityGroupId": "sg-default", "Status": "active"}]

arn = cluster()["DBClusterArn"]
rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "state", "Value": "ready"}])
rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["owner"])
assert rds.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "state", "Value": "ready"}]
assert rds.enable_http_endpoint(ResourceArn=arn)["HttpEndpointEnabled"]
assert cluster()["HttpEndpointEnabled"]

refused("InvalidDBClusterStateFault", rds.delete_db_cluster, DBClusterIdentifier="clone", SkipFinalSnapshot=True)
rds.delete_db_instance(DBInstanceIdentifier="clone-1", SkipFinalSnapshot=True)
rds.delete_db_cluster(DBClusterIdentifier="clone", SkipFinalSnapshot=True, DeleteAutomatedBackups=True)


def gone():
    try:
        return cluster() is None
    except ClientError as error:
        return error.response["Error"]["Code"] == "DBClusterNotFoundFault"


until(gone)
refused("DBInstanceNotFound", rds.describe_db_instances, DBInstanceIdentifier="clone-1")
assert [c["DBClusterIdentifier"] for p in rds.get_paginator("describe_db_clusters").paginate() for c in p["DBClusters"]] == ["production"]
print("boto3 saw it all")
