"""How resources are removed, by type.

A deployment of files removes what acts by itself and left the template (a rule, schedule, mapping
or subscription that stayed would go on calling functions), and never anything that holds data.
CloudFormation's API removes everything, as CloudFormation does, unless its DeletionPolicy says
otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from localcloud.deploy.resource import is_missing

Client = Callable[[str], Any]
Remover = Callable[[Client, str], None]


def remove(removers: Mapping[str, Remover], kind: str, physical_id: str, client: Client) -> bool:
    """Remove a resource, if `removers` know its type; False if they do not.

    Raises:
        ClientError: its service refuses; that it is gone already is none.
    """
    remover = removers.get(kind)
    if remover is None:
        return False
    try:
        remover(client, physical_id)
    except ClientError as error:
        if not is_missing(error):
            raise
    return True


def _by(service: str, operation: str, parameter: str) -> Remover:
    """The remover that calls one operation with the physical id as its parameter."""

    def remover(client: Client, physical_id: str) -> None:
        getattr(client(service), operation)(**{parameter: physical_id})

    return remover


def _rule(client: Client, name: str) -> None:
    events = client("events")
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    if targets:
        events.remove_targets(Rule=name, Ids=[target["Id"] for target in targets])
    events.delete_rule(Name=name)


def _role(client: Client, name: str) -> None:
    iam = client("iam")
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
    iam.delete_role(RoleName=name)


def _managed_policy(client: Client, arn: str) -> None:
    iam = client("iam")
    for role in iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]:
        iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


def _function_alias(client: Client, arn: str) -> None:
    function, _, name = arn.rpartition(":")
    client("lambda").delete_alias(FunctionName=function, Name=name)


def _function_version(client: Client, arn: str) -> None:
    function, _, number = arn.rpartition(":")
    client("lambda").delete_function(FunctionName=function, Qualifier=number)


def _alarm(client: Client, name: str) -> None:
    client("cloudwatch").delete_alarms(AlarmNames=[name])


def _dashboard(client: Client, name: str) -> None:
    client("cloudwatch").delete_dashboards(DashboardNames=[name])


def _with_its_owner(_client: Client, _physical_id: str) -> None:
    """Nothing to do: it ends with the resource that it belongs to."""


def _repository(client: Client, name: str) -> None:
    client("ecr").delete_repository(repositoryName=name, force=True)


def _layer_version(client: Client, arn: str) -> None:
    layer, _, number = arn.rpartition(":")
    client("lambda").delete_layer_version(LayerName=layer, VersionNumber=int(number))


ACTING: Mapping[str, Remover] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::Events::Rule": _rule,
    "AWS::Lambda::EventSourceMapping": _by("lambda", "delete_event_source_mapping", "UUID"),
    "AWS::SNS::Subscription": _by("sns", "unsubscribe", "SubscriptionArn"),
    "AWS::Scheduler::Schedule": _by("scheduler", "delete_schedule", "Name"),
}
"""What acts by itself."""

_STATES = "stepfunctions"
EVERYTHING: Mapping[str, Remover] = {
    **ACTING,
    "AWS::ApiGateway::Account": _with_its_owner,
    "AWS::ApiGateway::ApiKey": _by("apigateway", "delete_api_key", "apiKey"),
    "AWS::ApiGateway::Deployment": _with_its_owner,
    "AWS::ApiGateway::RestApi": _by("apigateway", "delete_rest_api", "restApiId"),
    "AWS::ApiGateway::Stage": _with_its_owner,
    "AWS::ApiGateway::UsagePlan": _by("apigateway", "delete_usage_plan", "usagePlanId"),
    "AWS::ApiGateway::UsagePlanKey": _with_its_owner,
    "AWS::ApiGatewayV2::Api": _by("apigatewayv2", "delete_api", "ApiId"),
    "AWS::ApiGatewayV2::Stage": _with_its_owner,
    "AWS::CDK::Metadata": _with_its_owner,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::ECR::Repository": _repository,
    "AWS::DynamoDB::Table": _by("dynamodb", "delete_table", "TableName"),
    "AWS::SSM::Parameter": _by("ssm", "delete_parameter", "Name"),
    "AWS::Glue::Database": _by("glue", "delete_database", "Name"),
    "AWS::Glue::Job": _by("glue", "delete_job", "JobName"),
    "AWS::Glue::Table": _with_its_owner,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::Policy": _with_its_owner,
    "AWS::IAM::Role": _role,
    "AWS::KMS::Alias": _by("kms", "delete_alias", "AliasName"),
    "AWS::KMS::Key": _by("kms", "schedule_key_deletion", "KeyId"),
    "AWS::Lambda::Alias": _function_alias,
    "AWS::Lambda::EventInvokeConfig": _with_its_owner,
    "AWS::Lambda::Function": _by("lambda", "delete_function", "FunctionName"),
    "AWS::Lambda::LayerVersion": _layer_version,
    "AWS::Lambda::Permission": _with_its_owner,
    "AWS::Lambda::Version": _function_version,
    "AWS::Logs::LogGroup": _by("logs", "delete_log_group", "logGroupName"),
    "AWS::Logs::MetricFilter": _with_its_owner,
    "AWS::Logs::QueryDefinition": _with_its_owner,
    "AWS::S3::Bucket": _by("s3", "delete_bucket", "Bucket"),
    "AWS::S3::BucketPolicy": _by("s3", "delete_bucket_policy", "Bucket"),
    "AWS::SNS::Topic": _by("sns", "delete_topic", "TopicArn"),
    "AWS::SNS::TopicPolicy": _with_its_owner,
    "AWS::SQS::Queue": _by("sqs", "delete_queue", "QueueUrl"),
    "AWS::SQS::QueuePolicy": _with_its_owner,
    "AWS::StepFunctions::Activity": _by(_STATES, "delete_activity", "activityArn"),
    "AWS::StepFunctions::StateMachine": _by(_STATES, "delete_state_machine", "stateMachineArn"),
    "AWS::StepFunctions::StateMachineAlias": _by(
        _STATES, "delete_state_machine_alias", "stateMachineAliasArn"
    ),
    "AWS::StepFunctions::StateMachineVersion": _by(
        _STATES, "delete_state_machine_version", "stateMachineVersionArn"
    ),
}
"""Every type that can be deployed."""
