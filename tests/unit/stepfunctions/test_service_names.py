"""What Step Functions calls the errors and the members of services."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud.stepfunctions.integrations.metadata import with_metadata
from localcloud.stepfunctions.integrations.service_errors import OPTIMIZED, SDK, java_name
from localcloud.stepfunctions.integrations.shapes import (
    UnknownParameterError,
    from_response,
    to_request,
)


def client(service):
    return boto3.client(
        service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )


def refusal(service, code):
    """An error as boto3 raises it: of the modelled class, where there is one."""
    made = client(service)
    response = {
        "Error": {"Code": code, "Message": "why"},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "r"},
    }
    kind = made.exceptions.from_code(code)
    return made, kind(response, "Operation")


@pytest.mark.parametrize(
    ("names", "service", "code", "error"),
    [
        pytest.param(
            OPTIMIZED,
            "dynamodb",
            "ConditionalCheckFailedException",
            "DynamoDB.ConditionalCheckFailedException",
            id="optimized, modelled",
        ),
        pytest.param(
            OPTIMIZED,
            "dynamodb",
            "ValidationException",
            "DynamoDB.AmazonDynamoDBException",
            id="optimized DynamoDB, not modelled",
        ),
        pytest.param(
            OPTIMIZED,
            "glue",
            "ConcurrentRunsExceededException",
            "Glue.ConcurrentRunsExceededException",
            id="optimized Glue",
        ),
        pytest.param(
            OPTIMIZED, "glue", "Strange", "Glue.AWSGlueException", id="Glue, not modelled"
        ),
        pytest.param(
            SDK,
            "dynamodb",
            "ConditionalCheckFailedException",
            "DynamoDb.ConditionalCheckFailedException",
            id="aws-sdk, modelled",
        ),
        pytest.param(
            SDK,
            "secretsmanager",
            "ValidationException",
            "SecretsManager.SecretsManagerException",
            id="aws-sdk, not modelled",
        ),
        pytest.param(SDK, "s3", "NoSuchKey", "S3.NoSuchKeyException", id="aws-sdk S3"),
    ],
)
def test_errors_are_named_as_the_java_sdk_names_them(names, service, code, error):
    made, failure = refusal(service, code)
    assert isinstance(failure, ClientError)
    assert names.refused(made, failure).error == error


def test_causes_tell_service_status_and_request():
    made, failure = refusal("s3", "NoSuchKey")
    assert SDK.refused(made, failure).cause == (
        "why (Service: S3, Status Code: 400, Request ID: r) (SDK Attempt Count: 1)"
    )
    made, failure = refusal("dynamodb", "ValidationException")
    assert OPTIMIZED.refused(made, failure).cause == (
        "why (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; "
        "Request ID: r; Proxy: null)"
    )


def test_s3_tells_its_extended_request_id():
    made, failure = refusal("s3", "NoSuchKey")
    failure.response["ResponseMetadata"]["HostId"] = "h"
    assert "Request ID: r, Extended Request ID: h)" in SDK.refused(made, failure).cause


@pytest.mark.parametrize(
    ("service", "code", "error", "java"),
    [
        ("sns", "NotFound", "SNS.NotFoundException", "AmazonSNS"),
        ("sqs", "MissingParameter", "SQS.AmazonSQSException", "AmazonSQS"),
        (
            "stepfunctions",
            "StateMachineDoesNotExist",
            "StepFunctions.StateMachineDoesNotExistException",
            "AWSStepFunctions",
        ),
    ],
)
def test_optimized_integrations_speak_through_the_sdk_for_java_1(service, code, error, java):
    told = OPTIMIZED.refused(*refusal(service, code))
    assert (told.error, told.cause) == (
        error,
        f"why (Service: {java}; Status Code: 400; Error Code: {code}; Request ID: r; Proxy: null)",
    )


def test_services_are_spelled_as_in_java():
    spelled = [java_name(name) for name in ("DynamoDB", "CloudWatch Logs", "SFN", "EC2", "S3")]
    assert spelled == ["DynamoDb", "CloudWatchLogs", "Sfn", "Ec2", "S3"]


def shapes(service, operation):
    model = client(service).meta.service_model.operation_model(operation)
    return model.input_shape, model.output_shape


def test_members_are_written_in_pascal_case_and_keys_of_maps_stay():
    request, _ = shapes("stepfunctions", "StartExecution")
    assert to_request({"StateMachineArn": "a", "Input": {"b": 1}}, request) == {
        "stateMachineArn": "a",
        "input": '{"b":1}',
    }
    request, _ = shapes("glue", "StartJobRun")
    assert to_request({"JobName": "j", "Arguments": {"--a": "1"}}, request) == {
        "JobName": "j",
        "Arguments": {"--a": "1"},
    }
    assert to_request({"JobName": "j", "JobRunId": None}, request) == {"JobName": "j"}
    with pytest.raises(UnknownParameterError) as refused:
        to_request({"JobNames": "j"}, request)
    assert refused.value.name == "JobNames"


def test_an_objects_body_is_written_as_json_and_other_bytes_as_they_are():
    request, _ = shapes("s3", "PutObject")
    assert to_request({"Body": "text"}, request) == {"Body": b'"text"'}
    request, _ = shapes("kms", "Encrypt")
    assert to_request({"Plaintext": "text"}, request) == {"Plaintext": b"text"}


def test_responses_come_in_pascal_case_with_times_as_text_or_milliseconds():
    _, response = shapes("stepfunctions", "StartExecution")
    told = {"executionArn": "a", "startDate": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)}
    assert from_response(told, response, iso_times=True) == {
        "ExecutionArn": "a",
        "StartDate": "2026-01-02T03:04:05.000Z",
    }
    assert from_response(told, response, iso_times=False)["StartDate"] == 1767323045000


def test_each_header_is_there_once_in_the_services_spelling():
    told = with_metadata({"B": 1, "Z": 2}, {"date": "d", "content-type": "t"}, "r")
    assert list(told) == ["B", "SdkHttpMetadata", "SdkResponseMetadata", "Z"]
    assert told["SdkHttpMetadata"]["HttpHeaders"] == {
        "Content-Type": "t",
        "Date": "d",
        "x-amzn-RequestId": "r",
    }
