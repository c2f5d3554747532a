"""Resource ARNs of tasks, readers and writers."""

import pytest

from localcloud.stepfunctions.definition.resources import (
    Pattern,
    ResourceError,
    ResourceKind,
    parse_resource,
)


@pytest.mark.parametrize(
    ("arn", "kind", "service", "action", "pattern"),
    [
        ("arn:aws:lambda:us-east-1:123456789012:function:f:live", "lambda", "", "", ""),
        ("arn:aws:states:us-east-1:123456789012:activity:a", "activity", "", "", ""),
        ("arn:aws:states:::lambda:invoke", "optimized", "lambda", "invoke", ""),
        ("arn:aws:states:::glue:startJobRun.sync", "optimized", "glue", "startJobRun", "sync"),
        (
            "arn:aws:states:::states:startExecution.sync:2",
            "optimized",
            "states",
            "startExecution",
            "sync:2",
        ),
        (
            "arn:aws-cn:states:::sqs:sendMessage.waitForTaskToken",
            "optimized",
            "sqs",
            "sendMessage",
            "waitForTaskToken",
        ),
        ("arn:aws:states:::aws-sdk:s3:getObject", "aws-sdk", "s3", "getObject", ""),
        (
            "arn:aws:states:::aws-sdk:sfn:startExecution.waitForTaskToken",
            "aws-sdk",
            "sfn",
            "startExecution",
            "waitForTaskToken",
        ),
    ],
)
def test_resources(arn, kind, service, action, pattern):
    found = parse_resource(arn)
    assert (found.kind, found.service, found.action, found.pattern) == (
        ResourceKind(kind),
        service,
        action,
        Pattern(pattern),
    )


@pytest.mark.parametrize(
    "arn",
    [
        pytest.param("x", id="no ARN"),
        pytest.param("arn:aws:s3:::bucket", id="another service"),
        pytest.param("arn:aws:states:::lambda", id="no action"),
        pytest.param("arn:aws:states:::lambda:invoke.sync", id="a pattern it lacks"),
        pytest.param("arn:aws:states:::aws-sdk:glue:startJobRun.sync", id="the SDK never waits"),
        pytest.param("arn:aws:states:::glue:startCrawler", id="an action it lacks"),
        pytest.param("arn:aws:states:::s3:getObject", id="a reader's"),
        pytest.param("arn:aws:lambda:us-east-1:000000000000:function:", id="no function"),
        pytest.param("arn:aws:lambda:us-east-1:000000000000:function:a b", id="a blank in it"),
        pytest.param("arn:aws:lambda:us-east-1:000000000000:function:f:1:2", id="too long"),
        pytest.param("arn:aws:lambda:us-east-1:000000000000:f", id="not called a function"),
    ],
)
def test_what_no_task_can_use(arn):
    with pytest.raises(ResourceError):
        parse_resource(arn)


def test_what_readers_and_writers_can_use():
    assert parse_resource("arn:aws:states:::s3:putObject", storage=True).action == "putObject"
    assert parse_resource("arn:aws:states:::s3:listObjectsV2", storage=True).service == "s3"
