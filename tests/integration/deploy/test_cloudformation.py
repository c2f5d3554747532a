"""CloudFormation's API, as `sam deploy`, `aws cloudformation deploy` and CDK use it."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, WaiterError

from localcloud.cloud import Cloud
from localcloud.deploy.package import package
from localcloud.deploy.template_text import read_template

ROOT = Path(__file__).parents[3]
CODE = "def handler(event, context):\n    return {answer!r}\n"
FAST = {"Delay": 1, "MaxAttempts": 120}
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [TRUST]}},
}
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    },
}
BROKEN = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "no"}}


@dataclass
class Stack:
    """One stack of a test, driven through the API."""

    cloud: Cloud
    name: str = field(default_factory=lambda: f"s{uuid4().hex[:8]}")

    def client(self, service: str) -> Any:
        return self.cloud.account.client(service)

    @property
    def api(self) -> Any:
        return self.client("cloudformation")

    def template(self, answer: str, **resources: Any) -> str:
        """A table, a function that gives the answer, and more."""
        function = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": self._code(answer),
                "Handler": "code.handler",
                "Runtime": "python3.13",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Environment": {"Variables": {"TABLE": {"Ref": "Table"}}},
            },
        }
        made = {"Table": TABLE, "Role": ROLE, "Answer": function, **resources}
        outputs = {"Name": {"Value": {"Ref": "Answer"}}, "Table": {"Value": {"Ref": "Table"}}}
        return json.dumps({"Resources": made, "Outputs": outputs})

    def _code(self, answer: str) -> dict[str, str]:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr("code.py", CODE.format(answer=answer))
        self.keep("code", f"{answer}.zip", held.getvalue())
        return {"S3Bucket": f"{self.name}-code", "S3Key": f"{answer}.zip"}

    def keep(self, what: str, key: str, body: bytes) -> str:
        """Put something into a bucket of the test's own; its path."""
        bucket, where = f"{self.name}-{what}", self.cloud.account.region
        s3 = self.client("s3")
        if bucket not in {found["Name"] for found in s3.list_buckets()["Buckets"]}:
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": where})
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        return f"{bucket}/{key}"

    def create(self, template: str) -> None:
        self.api.create_stack(
            StackName=self.name, TemplateBody=template, Capabilities=["CAPABILITY_IAM"]
        )
        self.wait("stack_create_complete")

    def update(self, template: str) -> None:
        self.api.update_stack(
            StackName=self.name, TemplateBody=template, Capabilities=["CAPABILITY_IAM"]
        )
        self.wait("stack_update_complete")

    def wait(self, waiter: str) -> None:
        self.api.get_waiter(waiter).wait(StackName=self.name, WaiterConfig=FAST)

    def change_set(self, kind: str, **more: Any) -> str:
        """What `aws cloudformation deploy` does up to the moment when it executes."""
        made = self.api.create_change_set(
            StackName=self.name,
            ChangeSetName=f"set-{uuid4().hex[:6]}",
            ChangeSetType=kind,
            Capabilities=["CAPABILITY_IAM"],
            **more,
        )
        arn = str(made["Id"])
        waiter = self.api.get_waiter("change_set_create_complete")
        waiter.wait(ChangeSetName=arn, StackName=self.name, WaiterConfig=FAST)
        return arn

    @property
    def shown(self) -> dict[str, Any]:
        [stack] = self.api.describe_stacks(StackName=self.name)["Stacks"]
        return dict(stack)

    @property
    def outputs(self) -> dict[str, str]:
        return {out["OutputKey"]: out["OutputValue"] for out in self.shown["Outputs"]}

    def events(self) -> list[tuple[str, str]]:
        """Who came to which status, the latest first."""
        pages = self.api.get_paginator("describe_stack_events").paginate(StackName=self.name)
        told = [event for page in pages for event in page["StackEvents"]]
        return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in told]

    def code(self) -> str:
        shown = self.client("lambda").get_function(FunctionName=self.outputs["Name"])
        return str(shown["Code"]["Location"])


@pytest.fixture
def stack(cloud: Cloud) -> Iterator[Stack]:
    return Stack(cloud)


def test_a_change_set_creates_and_the_next_one_changes_one_function(stack: Stack) -> None:
    first = stack.change_set("CREATE", TemplateBody=stack.template("one"))
    assert stack.shown["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert stack.events() == [(stack.name, "REVIEW_IN_PROGRESS")]  # what `sam deploy` waits from
    described = stack.api.describe_change_set(ChangeSetName=first)
    actions = {
        change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"]["Action"]
        for change in described["Changes"]
    }
    assert actions == {"Table": "Add", "Role": "Add", "Answer": "Add"}
    stack.api.execute_change_set(ChangeSetName=first)
    stack.wait("stack_create_complete")
    table = stack.outputs["Table"]
    stack.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "kept"}})

    second = stack.change_set("UPDATE", TemplateBody=stack.template("two"))
    [change] = stack.api.describe_change_set(ChangeSetName=second)["Changes"]
    assert change["ResourceChange"]["LogicalResourceId"] == "Answer"
    assert change["ResourceChange"]["Action"] == "Modify"
    stack.api.execute_change_set(ChangeSetName=second)
    stack.wait("stack_update_complete")

    events = stack.events()
    assert events[0] == (stack.name, "UPDATE_COMPLETE")
    since = events[: events.index((stack.name, "UPDATE_IN_PROGRESS"))]
    assert {name for name, _ in since} == {stack.name, "Answer"}
    assert "two.zip" in stack.code()
    assert stack.client("dynamodb").scan(TableName=table)["Count"] == 1


def test_an_update_that_fails_is_taken_back(stack: Stack) -> None:
    stack.create(stack.template("one"))
    more = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": stack.name}}
    broken = stack.template("two", Queue=more, Broken=BROKEN | {"DependsOn": ["Queue", "Answer"]})
    with pytest.raises(WaiterError):
        stack.update(broken)
    assert stack.shown["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = stack.events()
    assert ("Broken", "CREATE_FAILED") in events
    assert ("Queue", "DELETE_COMPLETE") in events
    assert "one.zip" in stack.code()
    with pytest.raises(ClientError, match="NonExistentQueue"):
        stack.client("sqs").get_queue_url(QueueName=stack.name)
    rows = stack.api.describe_stack_resources(StackName=stack.name)["StackResources"]
    assert {row["LogicalResourceId"] for row in rows} == {"Table", "Role", "Answer"}
    stack.update(stack.template("three"))
    assert "three.zip" in stack.code()


def test_a_stack_that_cannot_be_made_leaves_nothing(stack: Stack) -> None:
    with pytest.raises(WaiterError):
        stack.create(stack.template("one", Broken=BROKEN | {"DependsOn": "Table"}))
    assert stack.shown["StackStatus"] == "ROLLBACK_COMPLETE"
    tables = stack.client("dynamodb").list_tables()["TableNames"]
    assert not [name for name in tables if name.startswith(stack.name)]
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE state and can not be updated"):
        stack.update(stack.template("one"))


def test_somebody_elses_table_is_not_taken(stack: Stack) -> None:
    named = TABLE | {"Properties": TABLE["Properties"] | {"TableName": stack.name}}
    stack.client("dynamodb").create_table(**named["Properties"])
    with pytest.raises(WaiterError):
        stack.create(json.dumps({"Resources": {"Table": named}}))
    assert stack.name in stack.client("dynamodb").list_tables()["TableNames"]


def test_what_leaves_the_template_goes_unless_it_is_retained(stack: Stack) -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{stack.name}-goes"}}
    kept = TABLE | {"DeletionPolicy": "Retain"}
    stack.create(stack.template("one", Queue=queue, Kept=kept))
    stack.update(stack.template("one"))
    tables = stack.client("dynamodb").list_tables()["TableNames"]
    assert f"{stack.name}-Kept" in tables
    assert ("Kept", "DELETE_SKIPPED") in stack.events()
    with pytest.raises(ClientError, match="NonExistentQueue"):
        stack.client("sqs").get_queue_url(QueueName=f"{stack.name}-goes")


def test_a_change_of_the_name_replaces(stack: Stack) -> None:
    def queue(name: str) -> str:
        properties = {"QueueName": f"{stack.name}-{name}"}
        made = {"Queue": {"Type": "AWS::SQS::Queue", "Properties": properties}}
        return json.dumps({"Resources": made})

    stack.create(queue("old"))
    stack.update(queue("new"))
    urls = stack.client("sqs").list_queues(QueueNamePrefix=stack.name)["QueueUrls"]
    assert [url.rpartition("-")[2] for url in urls] == ["new"]


def test_a_deleted_stack_is_gone_with_all_it_had(stack: Stack) -> None:
    stack.create(stack.template("one"))
    name = stack.outputs["Name"]
    stack.api.delete_stack(StackName=stack.name)
    stack.wait("stack_delete_complete")
    with pytest.raises(ClientError, match="does not exist"):
        assert stack.shown
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        stack.client("lambda").get_function(FunctionName=name)


def test_a_bucket_that_holds_something_keeps_its_stack(stack: Stack) -> None:
    stack.create(json.dumps({"Resources": {"Files": {"Type": "AWS::S3::Bucket"}}}))
    [row] = stack.api.describe_stack_resources(StackName=stack.name)["StackResources"]
    stack.client("s3").put_object(Bucket=row["PhysicalResourceId"], Key="k", Body=b"1")
    stack.api.delete_stack(StackName=stack.name)
    with pytest.raises(WaiterError):
        stack.wait("stack_delete_complete")
    assert stack.shown["StackStatus"] == "DELETE_FAILED"
    assert "Files" in stack.shown["StackStatusReason"]


def test_a_change_set_without_changes_fails_and_says_so(stack: Stack) -> None:
    stack.create(stack.template("one"))
    with pytest.raises(WaiterError):
        stack.change_set("UPDATE", TemplateBody=stack.template("one"))
    [found] = stack.api.list_change_sets(StackName=stack.name)["Summaries"]
    assert found["StatusReason"].startswith("The submitted information didn't contain changes.")
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        stack.update(stack.template("one"))


def test_roles_are_made_for_those_who_say_so(stack: Stack) -> None:
    with pytest.raises(ClientError, match="InsufficientCapabilities") as refused:
        stack.api.create_stack(StackName=stack.name, TemplateBody=stack.template("one"))
    assert "Requires capabilities : [CAPABILITY_IAM]" in str(refused.value)


def test_what_the_toolkit_of_cdk_needs_is_made(stack: Stack) -> None:
    few = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 9}
    rule = {"rulePriority": 1, "action": {"type": "expire"}, "selection": few}
    pulls = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": ["ecr:BatchGetImage"],
    }
    images = {
        "RepositoryName": f"images-{stack.name}",
        "ImageTagMutability": "IMMUTABLE",
        "LifecyclePolicy": {"LifecyclePolicyText": json.dumps({"rules": [rule]})},
        "RepositoryPolicyText": {"Version": "2012-10-17", "Statement": [pulls]},
    }
    version = f"/cdk-bootstrap/{stack.name}/version"
    resources: dict[str, Any] = {
        "Version": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Name": version, "Value": "33"},
        },
        "Images": {"Type": "AWS::ECR::Repository", "Properties": images},
        "Assets": {"Type": "AWS::S3::Bucket", "Properties": {"AccessControl": "Private"}},
        "About": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2"}},
    }
    typed = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": version}
    needs = {"BootstrapVersion": typed}
    outputs = {"Uri": {"Value": {"Fn::GetAtt": ["Images", "RepositoryUri"]}}}
    template = {"Parameters": needs, "Resources": resources, "Outputs": outputs}
    for kind, value in (("CREATE", "33"), ("UPDATE", "34")):
        resources["Version"]["Properties"]["Value"] = value
        arn = stack.change_set(kind, TemplateBody=json.dumps(template))
        stack.api.execute_change_set(ChangeSetName=arn)
        stack.wait(f"stack_{kind.lower()}_complete")
    shown = stack.client("ssm").get_parameter(Name=version)
    assert shown["Parameter"]["Value"] == "34"
    assert stack.outputs["Uri"].endswith(f"/images-{stack.name}")
    stack.api.delete_stack(StackName=stack.name)
    stack.wait("stack_delete_complete")
    assert not stack.client("ecr").describe_repositories()["repositories"]


def test_templates_lie_in_s3_and_parameters_stay(stack: Stack) -> None:
    template = {
        "Parameters": {"Days": {"Type": "Number"}, "Word": {"Type": "String", "NoEcho": True}},
        "Resources": {
            "Logs": {
                "Type": "AWS::Logs::LogGroup",
                "Properties": {"RetentionInDays": {"Ref": "Days"}},
            }
        },
    }
    path = stack.keep("templates", "t.json", json.dumps(template).encode())
    where = {"TemplateURL": f"https://s3.eu-central-1.amazonaws.com/{path}"}
    summary = stack.api.get_template_summary(**where)
    assert summary["ResourceTypes"] == ["AWS::Logs::LogGroup"]
    given = [
        {"ParameterKey": "Days", "ParameterValue": "7"},
        {"ParameterKey": "Word", "ParameterValue": "secret"},
    ]
    stack.api.create_stack(StackName=stack.name, Parameters=given, **where)
    stack.wait("stack_create_complete")
    shown = {p["ParameterKey"]: p["ParameterValue"] for p in stack.shown["Parameters"]}
    assert shown == {"Days": "7", "Word": "****"}
    again = [
        {"ParameterKey": "Days", "ParameterValue": "14"},
        {"ParameterKey": "Word", "UsePreviousValue": True},
    ]
    stack.api.update_stack(StackName=stack.name, UsePreviousTemplate=True, Parameters=again)
    stack.wait("stack_update_complete")
    groups = stack.client("logs").describe_log_groups(logGroupNamePrefix=stack.name)["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [14]
    original = stack.api.get_template(StackName=stack.name)["TemplateBody"]
    assert original["Parameters"] == template["Parameters"]


@pytest.mark.parametrize("text", ["Outputs: {}", "Resources: []", "Resources: {A: 1}"])
def test_a_template_that_is_none_is_refused(stack: Stack, text: str) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        stack.create(text)
    with pytest.raises(ClientError, match="ValidationError"):
        stack.api.validate_template(TemplateBody=text)


@pytest.mark.parametrize("name", ["1st", "two words", "s" * 129])
def test_a_name_that_no_stack_may_have_is_refused(stack: Stack, name: str) -> None:
    template = json.dumps({"Resources": {"Table": TABLE}})
    with pytest.raises(ClientError, match="at 'stackName' failed to satisfy constraint"):
        stack.api.create_stack(StackName=name, TemplateBody=template)


def test_the_packaged_template_of_the_pipeline_is_deployed_changed_and_taken_back(
    stack: Stack,
) -> None:
    packaged = package(
        read_template(ROOT / "template.yaml"), root=ROOT, bucket=f"{stack.name}-p", prefix="p"
    )
    for key, content in packaged.artifacts.items():
        stack.keep("p", key, content)
    template = json.dumps(packaged.template)
    made = stack.change_set("CREATE", TemplateBody=template)
    stack.api.execute_change_set(ChangeSetName=made)
    stack.wait("stack_create_complete")
    s3, landing = stack.client("s3"), stack.outputs["LandingBucketName"]
    s3.put_object(Bucket=landing, Key="kept", Body=b"1")

    changed = json.loads(template)
    changed["Resources"]["JudgeQualityFunction"]["Properties"]["Timeout"] = 33
    made = stack.change_set("UPDATE", TemplateBody=json.dumps(changed))
    changes = stack.api.describe_change_set(ChangeSetName=made)["Changes"]
    ids = {change["ResourceChange"]["LogicalResourceId"] for change in changes}
    assert "JudgeQualityFunction" in ids
    others = {found for found in ids if not found.startswith("JudgeQualityFunction")}
    assert others == {"CsvPipeline"}  # which calls the new version
    stack.api.execute_change_set(ChangeSetName=made)
    stack.wait("stack_update_complete")

    changed["Resources"]["JudgeQualityFunction"]["Properties"]["Timeout"] = 44
    changed["Resources"]["Broken"] = BROKEN | {"DependsOn": "JudgeQualityFunction"}
    made = stack.change_set("UPDATE", TemplateBody=json.dumps(changed))
    stack.api.execute_change_set(ChangeSetName=made)
    with pytest.raises(WaiterError):
        stack.wait("stack_update_complete")
    assert stack.shown["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    rows = stack.api.describe_stack_resources(StackName=stack.name)["StackResources"]
    function = next(r for r in rows if r["LogicalResourceId"] == "JudgeQualityFunction")
    shown = stack.client("lambda").get_function_configuration(
        FunctionName=function["PhysicalResourceId"]
    )
    assert shown["Timeout"] == 33
    assert s3.get_object(Bucket=landing, Key="kept")["Body"].read() == b"1"
