"""Task states against emulated services: what goes in, what comes back, what errors are called."""

import json
import os
import threading

import boto3
import pytest
from moto import mock_aws

from tests.unit.stepfunctions.conftest import Lab, chain

REGION = "us-east-1"


@pytest.fixture(scope="module", autouse=True)
def aws():
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "testing")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "testing")
    os.environ.pop("AWS_ENDPOINT_URL", None)  # a local cloud of this process sets it
    with mock_aws():
        yield


@pytest.fixture
def lab():
    clients = {}
    lock = threading.Lock()

    def client(service):
        with lock:
            if service not in clients:
                clients[service] = boto3.client(service, region_name=REGION)
            return clients[service]

    lab = Lab(client=client)
    yield lab
    lab.close()


def task(resource, arguments, **fields):
    """A JSONata Task."""
    return {
        "Type": "Task",
        "QueryLanguage": "JSONata",
        "Resource": f"arn:aws:states:::{resource}",
        "Arguments": arguments,
        **fields,
    }


@pytest.fixture
def table():
    name = "things"
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def bucket():
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="things")
    yield "things"
    for found in s3.list_objects_v2(Bucket="things").get("Contents", ()):
        s3.delete_object(Bucket="things", Key=found["Key"])
    s3.delete_bucket(Bucket="things")


def test_dynamodb_puts_and_gets(lab, table):
    put = task("dynamodb:putItem", {"TableName": table, "Item": {"id": {"S": "1"}}})
    get = task("dynamodb:getItem", {"TableName": table, "Key": {"id": {"S": "1"}}})
    output = lab.output(chain(Put=put, Get=get))
    assert output["Item"] == {"id": {"S": "1"}}
    assert output["SdkHttpMetadata"]["HttpStatusCode"] == 200


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        pytest.param(
            "dynamodb:putItem", "DynamoDB.ConditionalCheckFailedException", id="optimized"
        ),
        pytest.param(
            "aws-sdk:dynamodb:putItem", "DynamoDb.ConditionalCheckFailedException", id="aws-sdk"
        ),
    ],
)
def test_a_failed_condition_is_named_as_aws_names_it(lab, table, resource, error):
    arguments = {
        "TableName": table,
        "Item": {"id": {"S": "1"}},
        "ConditionExpression": "attribute_exists(id)",
    }
    assert lab.run(chain(Put=task(resource, arguments)))["error"] == error


@pytest.mark.parametrize(
    ("resource", "error", "service"),
    [
        ("dynamodb:putItem", "DynamoDB.AmazonDynamoDBException", "AmazonDynamoDBv2; Status Code"),
        ("aws-sdk:dynamodb:putItem", "DynamoDb.DynamoDbException", "DynamoDb, Status Code"),
    ],
)
def test_a_missing_parameter_is_refused_as_the_service_would(lab, table, resource, error, service):
    described = lab.run(chain(Put=task(resource, {"TableName": table, "Item": None})))
    assert described["error"] == error
    assert described["cause"].startswith(
        "1 validation error detected: Value null at 'item' failed to satisfy constraint: "
        f"Member must not be null (Service: {service}: 400"
    )


def test_sns_publishes_objects_as_json_text(lab):
    topic = boto3.client("sns", region_name=REGION).create_topic(Name="news")["TopicArn"]
    output = lab.output(chain(P=task("sns:publish", {"TopicArn": topic, "Message": {"a": 1}})))
    assert output["MessageId"]


def test_sqs_sends(lab):
    sqs = boto3.client("sqs", region_name=REGION)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    lab.output(chain(S=task("sqs:sendMessage", {"QueueUrl": url, "MessageBody": {"a": [1]}})))
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == '{"a":[1]}'


def test_a_token_sent_by_sqs_is_answered(lab):
    sqs = boto3.client("sqs", region_name=REGION)
    url = sqs.create_queue(QueueName="tokens")["QueueUrl"]
    body = {"token": "{% $states.context.Task.Token %}"}
    arguments = {"QueueUrl": url, "MessageBody": body}
    arn = lab.start(chain(S=task("sqs:sendMessage.waitForTaskToken", arguments)))
    messages = []
    while not messages:
        messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
    token = json.loads(messages[0]["Body"])["token"]
    lab.call("SendTaskSuccess", taskToken=token, output='{"fine":true}')
    assert json.loads(lab.ended(arn)["output"]) == {"fine": True}


def test_s3_reads_text_and_names_a_missing_key(lab, bucket):
    boto3.client("s3", region_name=REGION).put_object(Bucket=bucket, Key="a", Body="héllo")
    get = {"Bucket": bucket, "Key": "{% $states.input.key %}"}
    machine = chain(G=task("aws-sdk:s3:getObject", get, Output="{% $states.result.Body %}"))
    assert lab.output(machine, {"key": "a"}) == "héllo"
    assert lab.run(machine, {"key": "b"})["error"] == "S3.NoSuchKeyException"


def test_an_unknown_parameter_is_refused_by_name(lab, bucket):
    machine = chain(G=task("aws-sdk:s3:getObject", {"Bucket": bucket, "Keys": "a"}))
    described = lab.run(machine)
    assert described["error"] == "States.Runtime"
    assert "'Keys' is not supported by Step Functions" in described["cause"]


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        ("aws-sdk:nowhere:getIt", "The service 'nowhere' is not supported by the local cloud"),
        ("aws-sdk:s3:getNothing", "The action 'GetNothing' is not supported by S3"),
    ],
)
def test_services_and_actions_that_are_not_there_are_named(lab, resource, told):
    described = lab.run(chain(G=task(resource, {})))
    assert described["error"] == "States.Runtime"
    assert described["cause"].endswith(told)


def distributed(reader, processor=None, **fields):
    processor = processor or chain(Item={"Type": "Pass"})
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return chain(
        Each={
            "Type": "Map",
            "QueryLanguage": "JSONata",
            "ItemReader": reader,
            "ItemProcessor": {**processor, "ProcessorConfig": config},
            **fields,
        }
    )


def reader(bucket, key, **config):
    return {
        "Resource": "arn:aws:states:::s3:getObject",
        "Arguments": {"Bucket": bucket, "Key": key},
        "ReaderConfig": config,
    }


def test_items_of_a_json_file(lab, bucket):
    body = json.dumps({"rows": [1, 2, 3]})
    boto3.client("s3", region_name=REGION).put_object(Bucket=bucket, Key="items.json", Body=body)
    read = reader(bucket, "items.json", InputType="JSON", ItemsPointer="/rows", MaxItems=2)
    assert lab.output(distributed(read)) == [1, 2]


def test_items_of_a_csv_file(lab, bucket):
    s3 = boto3.client("s3", region_name=REGION)
    s3.put_object(Bucket=bucket, Key="items.csv", Body="a;b\n1;2\n3;4\n")
    read = reader(
        bucket,
        "items.csv",
        InputType="CSV",
        CSVHeaderLocation="FIRST_ROW",
        CSVDelimiter="SEMICOLON",
    )
    assert lab.output(distributed(read)) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_objects_of_a_listing_with_more_than_one_page(lab, bucket):
    s3 = boto3.client("s3", region_name=REGION)
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"in/{number}", Body=b"x" * number)
    read = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Arguments": {"Bucket": bucket, "Prefix": "in/", "MaxKeys": 2},
    }
    output = lab.output(distributed(read))
    assert [(item["Key"], item["Size"]) for item in output] == [(f"in/{n}", n) for n in range(5)]


def test_a_missing_file_fails_the_reader(lab, bucket):
    arn = lab.start(distributed(reader(bucket, "nothing.json", InputType="JSON")))
    assert lab.ended(arn)["error"] == "States.ItemReaderFailed"
    assert lab.types(arn)[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]


def test_results_are_written_with_a_manifest(lab, bucket):
    processor = {
        "StartAt": "Odd?",
        "States": {
            "Odd?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$", "NumericEquals": 3, "Next": "Bad"}],
                "Default": "Good",
            },
            "Bad": {"Type": "Fail", "Error": "BadItem"},
            "Good": {"Type": "Pass", "End": True},
        },
    }
    boto3.client("s3", region_name=REGION).put_object(
        Bucket=bucket, Key="items.json", Body="[1,2,3,4]"
    )
    machine = distributed(
        reader(bucket, "items.json", InputType="JSON"),
        processor,
        ToleratedFailureCount=1,
        ResultWriter={
            "Resource": "arn:aws:states:::s3:putObject",
            "Arguments": {"Bucket": bucket, "Prefix": "results"},
        },
    )
    output = lab.output(machine)
    s3 = boto3.client("s3", region_name=REGION)

    def read(key):
        return json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])

    place = output["ResultWriterDetails"]
    assert place["Bucket"] == bucket
    manifest = read(place["Key"])
    assert manifest["MapRunArn"] == output["MapRunArn"]
    (succeeded,) = manifest["ResultFiles"]["SUCCEEDED"]
    (failed,) = manifest["ResultFiles"]["FAILED"]
    assert [entry["Output"] for entry in read(succeeded["Key"])] == ["1", "2", "4"]
    assert [entry["Error"] for entry in read(failed["Key"])] == ["BadItem"]
    described = lab.call("DescribeMapRun", mapRunArn=output["MapRunArn"])
    assert described["itemCounts"]["failed"] == 1
    assert described["itemCounts"]["resultsWritten"] == 4


def test_items_go_in_batches(lab, bucket):
    boto3.client("s3", region_name=REGION).put_object(
        Bucket=bucket, Key="items.json", Body="[1,2,3,4,5]"
    )
    machine = distributed(
        reader(bucket, "items.json", InputType="JSON"),
        ItemBatcher={"MaxItemsPerBatch": 2, "BatchInput": {"all": True}},
    )
    output = lab.output(machine)
    assert [batch["Items"] for batch in output] == [[1, 2], [3, 4], [5]]
    assert output[0]["BatchInput"] == {"all": True}


def test_the_objects_of_a_listing_are_read(lab, bucket):
    s3 = boto3.client("s3", region_name=REGION)
    for number, body in enumerate(['{"n": 1}\n{"n": 2}\n', '{"n": 3}\n']):
        s3.put_object(Bucket=bucket, Key=f"parts/{number}.jsonl", Body=body)
    s3.put_object(Bucket=bucket, Key="parts/", Body=b"")
    listing = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Arguments": {"Bucket": bucket, "Prefix": "parts/"},
        "ReaderConfig": {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"},
    }
    assert lab.output(distributed(listing)) == [{"n": 1}, {"n": 2}, {"n": 3}]
