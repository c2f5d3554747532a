"""Every resource type of the sample template exists afterwards, as the APIs show it."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import Cloud
from localcloud.deploy import DeployError
from tests.integration.deploy.conftest import SAMPLE, Deployment

pytestmark = pytest.mark.xdist_group("deploy-sample")


def test_outputs_are_what_cloudformation_shows(sample: Deployment) -> None:
    cloudformation = sample.client("cloudformation")
    [stack] = cloudformation.describe_stacks(StackName="sample")["Stacks"]
    assert {out["OutputKey"]: out["OutputValue"] for out in stack["Outputs"]} == sample.outputs
    assert "Mail" not in sample.outputs
    assert {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]} == {
        "Release": "one",
        "WithMail": "no",
    }
    rows = cloudformation.list_stack_resources(StackName="sample")["StackResourceSummaries"]
    physical = {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in rows}
    assert physical["Bucket"] == sample.outputs["Bucket"]
    assert physical["Job"] == "sample-job"


def test_the_bucket_has_every_setting(sample: Deployment) -> None:
    s3, bucket = sample.client("s3"), {"Bucket": sample.outputs["Bucket"]}
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    rules = {rule["ID"]: rule for rule in s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]}
    assert rules["old"]["Expiration"] == {"Days": 90}
    assert rules["old"]["Transitions"] == [{"Days": 30, "StorageClass": "GLACIER_IR"}]
    [encryption] = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert json.loads(s3.get_bucket_policy(**bucket)["Policy"])["Statement"][0]["Effect"] == "Deny"
    s3.put_object(**bucket, Key="a", Body=b"the conditional Deny does not lock us out")


def test_the_table_has_index_expiry_and_recovery(sample: Deployment) -> None:
    dynamodb, table = sample.client("dynamodb"), {"TableName": sample.outputs["Table"]}
    shown = dynamodb.describe_table(**table)["Table"]
    assert [index["IndexName"] for index in shown["GlobalSecondaryIndexes"]] == ["BySince"]
    expiry = dynamodb.describe_time_to_live(**table)["TimeToLiveDescription"]
    assert (expiry["AttributeName"], expiry["TimeToLiveStatus"]) == ("expires", "ENABLED")
    backups = dynamodb.describe_continuous_backups(**table)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    assert recovery == "ENABLED"


def test_the_catalog_knows_the_table(sample: Deployment) -> None:
    found = sample.client("glue").get_table(DatabaseName="sample-catalog", Name="rows")["Table"]
    assert found["Parameters"] == {"projection.enabled": "true"}
    assert found["StorageDescriptor"]["Location"] == f"s3://{sample.outputs['Bucket']}/rows/"
    assert [column["Type"] for column in found["StorageDescriptor"]["Columns"]] == ["string", "one"]


def test_the_topic_delivers_to_the_queue(sample: Deployment) -> None:
    topics = sample.client("sns").list_topics()["Topics"]
    (arn,) = (t["TopicArn"] for t in topics if t["TopicArn"].endswith(":sample-Topic"))
    sample.client("sns").publish(TopicArn=arn, Message="hello")
    sqs, queue = sample.client("sqs"), sample.outputs["Queue"]
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert message["Body"] == "hello"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def invoke(sample: Deployment, **named: Any) -> Any:
    reply = sample.client("lambda").invoke(Payload=b'{"a": 1}', **named)
    assert "FunctionError" not in reply, reply["Payload"].read()
    return json.loads(reply["Payload"].read())


def test_the_function_runs_at_its_alias(sample: Deployment) -> None:
    value = invoke(sample, FunctionName=sample.outputs["Function"], Qualifier="live")
    assert value["event"] == {"a": 1}
    assert value["table"] == sample.outputs["Table"]
    assert value["version"] == "1"
    configuration = sample.client("lambda").get_function_configuration(
        FunctionName=sample.outputs["Function"]
    )
    assert configuration["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": "/sample/functions"}
    assert configuration["DeadLetterConfig"]["TargetArn"].endswith(":sample-Queue")
    streams = sample.client("logs").describe_log_streams(logGroupName="/sample/functions")
    assert "/sample-Function[1]" in streams["logStreams"][0]["logStreamName"]


def test_schedules_rules_alarms_and_filters_exist(sample: Deployment) -> None:
    schedule = sample.client("scheduler").get_schedule(Name="sample-nightly")
    assert schedule["Target"]["Arn"].endswith("function:sample-Function:live")
    rules = sample.client("events").list_rules(NamePrefix="sample-")["Rules"]
    assert json.loads(rules[0]["EventPattern"]) == {"source": ["sample"]}
    alarms = sample.client("cloudwatch").describe_alarms(AlarmNames=["sample-Alarm"])
    assert len(alarms["MetricAlarms"]) == 1
    filters = sample.client("logs").describe_metric_filters(logGroupName="/sample/functions")
    assert [found["filterName"] for found in filters["metricFilters"]] == ["sample-Errors"]


def test_the_queue_is_mapped_to_the_alias(sample: Deployment) -> None:
    [mapping] = sample.client("lambda").list_event_source_mappings(
        EventSourceArn=sample.outputs["Work"]
    )["EventSourceMappings"]
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (50, 1)
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_api_calls_the_function_and_asks_for_signatures(sample: Deployment) -> None:
    url = sample.outputs["Url"]
    with urllib.request.urlopen(f"{url}/open/7", timeout=20) as reply:
        assert json.load(reply)["event"]["pathParameters"] == {"id": "7"}
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(f"{url}/closed", data=b"", timeout=20)
    refused.value.close()


def test_the_state_machine_runs_with_its_substitutions(sample: Deployment) -> None:
    machines = sample.client("stepfunctions")
    definition = machines.describe_state_machine(stateMachineArn=sample.outputs["Machine"])
    assert "${" not in definition["definition"]
    assert list(json.loads(definition["definition"])) == ["StartAt", "States"]
    started = machines.start_execution(stateMachineArn=f"{sample.outputs['Machine']}:live")
    shown = {"status": "RUNNING"}
    while shown["status"] == "RUNNING":
        shown = machines.describe_execution(executionArn=started["executionArn"])
    assert json.loads(shown["output"]) == {"table": sample.outputs["Table"]}


def test_deploying_again_keeps_data_and_takes_over_changes(cloud: Cloud) -> None:
    first = cloud.deploy(SAMPLE, stack="twice", parameters={})
    it = Deployment(cloud, first)
    it.client("s3").put_object(Bucket=first["Bucket"], Key="kept", Body=b"1")
    it.client("dynamodb").put_item(TableName=first["Table"], Item={"pk": {"S": "kept"}})
    assert invoke(it, FunctionName=first["Alias"])["release"] == "one"

    same = cloud.deploy(SAMPLE, stack="twice", parameters={})
    assert same == first
    work = {"EventSourceArn": first["Work"]}
    mappings = it.client("lambda").list_event_source_mappings(**work)["EventSourceMappings"]
    assert len(mappings) == 1
    assert invoke(it, FunctionName=first["Alias"])["version"] == "1", "nothing changed"

    second = cloud.deploy(SAMPLE, stack="twice", parameters={"Release": "two", "WithMail": "yes"})
    assert {**second, "Mail": ""} == {**first, "Mail": ""}
    assert invoke(it, FunctionName=first["Function"])["release"] == "two"
    catalog = it.client("glue").get_table(DatabaseName="twice-catalog", Name="rows")["Table"]
    assert catalog["StorageDescriptor"]["Columns"][1]["Type"] == "two"
    assert it.client("s3").get_object(Bucket=first["Bucket"], Key="kept")["Body"].read() == b"1"
    assert it.client("dynamodb").scan(TableName=first["Table"])["Count"] == 1
    [stack] = it.client("cloudformation").describe_stacks(StackName="twice")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_COMPLETE"


def test_what_acts_by_itself_goes_when_it_leaves_the_template(cloud: Cloud, tmp_path: Path) -> None:
    rule = """
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [x]}
      Targets: [{Id: queue, Arn: !GetAtt Queue.Arn}]
  Hourly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 hour)
      FlexibleTimeWindow: {Mode: "OFF"}
      Target: {Arn: !GetAtt Queue.Arn, RoleArn: "arn:aws:iam::123456789012:role/any"}
"""
    template = tmp_path / "template.yaml"
    queue = "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n"
    template.write_text(queue + rule)
    cloud.deploy(template, stack="shrinks", parameters={})
    events, scheduler = cloud.account.client("events"), cloud.account.client("scheduler")
    assert len(events.list_rules(NamePrefix="shrinks-")["Rules"]) == 1

    template.write_text(queue)
    cloud.deploy(template, stack="shrinks", parameters={})
    assert events.list_rules(NamePrefix="shrinks-")["Rules"] == []
    assert scheduler.list_schedules(NamePrefix="shrinks-")["Schedules"] == []
    assert cloud.account.client("sqs").get_queue_url(QueueName="shrinks-Queue")


def test_a_misspelt_property_is_named(cloud: Cloud, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources:\n"
        "  Things:\n"
        "    Type: AWS::SQS::Queue\n"
        "    Properties: {QueueName: things}\n"
        "  Shelf:\n"
        "    Type: AWS::S3::Bucket\n"
        "    Properties: {Versionning: {Status: Enabled}}\n"
    )
    with pytest.raises(DeployError, match=r"Shelf \(AWS::S3::Bucket\) has no property Versionning"):
        cloud.deploy(template, stack="broken", parameters={})


def test_stacks_are_shown_by_name_by_arn_and_all_together(sample: Deployment) -> None:
    cloudformation = sample.client("cloudformation")
    [stack] = cloudformation.describe_stacks(StackName="sample")["Stacks"]
    assert cloudformation.describe_stacks(StackName=stack["StackId"])["Stacks"] == [stack]
    assert stack in cloudformation.describe_stacks()["Stacks"]
    names = [one["StackName"] for one in cloudformation.list_stacks()["StackSummaries"]]
    assert "sample" in names
    template = cloudformation.get_template(StackName="sample")["TemplateBody"]
    assert template["Resources"]["Bucket"]["Type"] == "AWS::S3::Bucket"
    [resource] = cloudformation.describe_stack_resources(
        StackName="sample", LogicalResourceId="Bucket"
    )["StackResources"]
    detail = cloudformation.describe_stack_resource(StackName="sample", LogicalResourceId="Bucket")[
        "StackResourceDetail"
    ]
    assert detail["PhysicalResourceId"] == resource["PhysicalResourceId"] == "sample-bucket"


def test_an_unknown_stack_is_refused_as_on_aws(sample: Deployment) -> None:
    with pytest.raises(ClientError) as refused:
        sample.client("cloudformation").describe_stacks(StackName="ghost")
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert error["Message"] == "Stack with id ghost does not exist"
