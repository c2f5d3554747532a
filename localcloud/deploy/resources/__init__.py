"""One creator for each resource type that the local cloud can deploy."""

from __future__ import annotations

from localcloud.deploy.resource import Creator
from localcloud.deploy.resources import (
    dynamodb,
    events,
    functions,
    glue,
    httpapi,
    iam,
    kms,
    messaging,
    observability,
    s3,
    states,
)

CREATORS: dict[str, Creator] = {
    "AWS::ApiGatewayV2::Api": httpapi.api,
    "AWS::ApiGatewayV2::Stage": httpapi.stage,
    "AWS::CloudWatch::Alarm": observability.alarm,
    "AWS::CloudWatch::Dashboard": observability.dashboard,
    "AWS::DynamoDB::Table": dynamodb.table,
    "AWS::Events::Rule": events.rule,
    "AWS::Glue::Database": glue.database,
    "AWS::Glue::Job": glue.job,
    "AWS::Glue::Table": glue.table,
    "AWS::IAM::ManagedPolicy": iam.managed_policy,
    "AWS::IAM::Policy": iam.policy,
    "AWS::IAM::Role": iam.role,
    "AWS::KMS::Alias": kms.alias,
    "AWS::KMS::Key": kms.key,
    "AWS::Lambda::Alias": functions.alias,
    "AWS::Lambda::EventInvokeConfig": functions.event_invoke_config,
    "AWS::Lambda::EventSourceMapping": functions.event_source_mapping,
    "AWS::Lambda::Function": functions.function,
    "AWS::Lambda::Permission": functions.permission,
    "AWS::Lambda::Version": functions.version,
    "AWS::Logs::LogGroup": observability.log_group,
    "AWS::Logs::MetricFilter": observability.metric_filter,
    "AWS::S3::Bucket": s3.bucket,
    "AWS::S3::BucketPolicy": s3.bucket_policy,
    "AWS::SNS::Subscription": messaging.subscription,
    "AWS::SNS::Topic": messaging.topic,
    "AWS::SNS::TopicPolicy": messaging.topic_policy,
    "AWS::SQS::Queue": messaging.queue,
    "AWS::SQS::QueuePolicy": messaging.queue_policy,
    "AWS::Scheduler::Schedule": events.schedule,
    "AWS::StepFunctions::StateMachine": states.state_machine,
    "AWS::StepFunctions::StateMachineAlias": states.state_machine_alias,
    "AWS::StepFunctions::StateMachineVersion": states.state_machine_version,
}
