"""What a script on a laptop does with the Data API: arguments are cluster, secret and database."""

import sys

import boto3
from botocore.exceptions import ClientError

cluster, secret, database = sys.argv[1:4]
rds, secrets, data = (boto3.client(name) for name in ("rds", "secretsmanager", "rds-data"))
target = {
    "resourceArn": rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0]["DBClusterArn"],
    "secretArn": secrets.describe_secret(SecretId=secret)["ARN"],
    "database": database,
}


def run(sql, parameters=(), **more):
    return data.execute_statement(sql=sql, parameters=list(parameters), **target, **more)


def refused(code, words, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        said = error.response["Error"]
        assert said["Code"] == code and words in said["Message"], said
    else:
        raise AssertionError(f"{code} was expected")


# A table that may be there already, and a row more with each run.
names = ["伊藤 博文", "黑田 清隆", "山縣 有朋"]
for turn, name in enumerate(names):
    made = run("CREATE TABLE IF NOT EXISTS ministers (id INTEGER NOT NULL PRIMARY KEY, name TEXT);")
    assert made["numberOfRecordsUpdated"] == 0 and "records" not in made, made
    largest = run("SELECT COALESCE(MAX(id), 0) AS largest FROM ministers;")["records"][0][0]["longValue"]
    assert largest == turn, largest
    row = [
        {"name": "id", "value": {"longValue": largest + 1}},
        {"name": "name", "value": {"stringValue": name}},
    ]
    assert run("INSERT INTO ministers (id, name) VALUES (:id, :name);", row)["numberOfRecordsUpdated"] == 1
rows = run("SELECT id, name FROM ministers ORDER BY id;")["records"]
assert rows == [[{"longValue": at}, {"stringValue": name}] for at, name in enumerate(names, 1)], rows

# One statement a call.
both = "DROP TABLE ministers; CREATE TABLE ministers (id INTEGER)"
refused("ValidationException", "Multistatements aren't supported", run, sql=both)
assert run("SELECT count(*) AS n FROM ministers")["records"] == [[{"longValue": 3}]]
refused("DatabaseErrorException", "SQLState", run, sql="SELECT * FROM nobody")

second = [{"name": "id", "value": {"longValue": 2}}]
told = run("SELECT id, name FROM ministers WHERE id = :id", second, formatRecordsAs="JSON")
assert told["formattedRecords"] == '[{"id":2,"name":"黑田 清隆"}]', told
columns = run("SELECT id, name FROM ministers", includeResultMetadata=True)["columnMetadata"]
assert [column["label"] for column in columns] == ["id", "name"], columns

kept = data.begin_transaction(**target)["transactionId"]
run("DELETE FROM ministers", transactionId=kept)
del target["database"]
assert data.rollback_transaction(transactionId=kept, **target)["transactionStatus"] == "Rollback Complete"
refused("TransactionNotFoundException", kept, data.commit_transaction, transactionId=kept, **target)
target["database"] = database
assert run("SELECT count(*) AS n FROM ministers")["records"] == [[{"longValue": 3}]]
sets = [[{"name": "id", "value": {"longValue": at}}, {"name": "name", "value": {"isNull": True}}] for at in (4, 5)]
done = data.batch_execute_statement(sql="INSERT INTO ministers VALUES (:id, :name)", parameterSets=sets, **target)
assert len(done["updateResults"]) == 2, done
assert run("SELECT name FROM ministers WHERE id = 5")["records"] == [[{"isNull": True}]]
print("boto3 saw it all")
