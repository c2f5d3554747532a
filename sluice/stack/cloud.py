"""A stack on AWS or on the local cloud: its outputs and the clients that speak to it."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from sluice.terminal.exits import CloudError, NotFoundError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

# Enough attempts to ride out a throttle, few enough that a dead endpoint shows soon.
_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 5},
    connect_timeout=5,
    read_timeout=60,
    user_agent_extra="sluice",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """The outputs of a deployed template; `tables` maps the contracts' table names to real ones."""

    name: str
    landing_bucket: str
    work_bucket: str
    control_table: str
    tables: Mapping[str, str]
    state_machine_arn: str
    start_runs_function: str
    conversion_job: str
    approvals_url: str
    undelivered_queue_url: str | None
    """None in a stack that was deployed before there was this output."""
    approval_topic_arn: str | None
    """As above."""
    drop_queue_url: str | None
    """As above."""
    left_alone_names: str
    """Patterns of names that are no files; as above, then empty."""
    published_database: str | None
    """The catalog's database; as above."""
    conversion_activity: str | None
    """Where workers of one's own fetch work; as above."""
    uploads_url: str | None
    """The door for senders; as above."""

    @classmethod
    def from_outputs(cls, name: str, outputs: Mapping[str, str]) -> Self:
        """Read the outputs that DescribeStacks gave.

        Raises:
            CloudError: one is missing, so this is no stack of Sluice or one of another version.
        """
        try:
            return cls(
                name=name,
                landing_bucket=outputs["LandingBucketName"],
                work_bucket=outputs["WorkBucketName"],
                control_table=outputs["ControlTableName"],
                tables=json.loads(outputs["DatasetTables"]),
                state_machine_arn=outputs["StateMachineArn"],
                start_runs_function=outputs["StartRunsFunctionName"],
                conversion_job=outputs["ConversionJobName"],
                approvals_url=outputs["ApprovalsUrl"].rstrip("/"),
                undelivered_queue_url=outputs.get("UndeliveredQueueUrl"),
                approval_topic_arn=outputs.get("ApprovalTopicArn"),
                drop_queue_url=outputs.get("DropQueueUrl"),
                left_alone_names=outputs.get("LeftAloneNames", ""),
                published_database=outputs.get("PublishedDatabaseName"),
                conversion_activity=outputs.get("ConversionActivityArn"),
                uploads_url=outputs.get("UploadsUrl"),
            )
        except KeyError as missing:
            raise CloudError(
                f"stack {name} has no output {missing}; is it a stack of this version of Sluice?"
            ) from None


class Cloud:
    """One stack and the clients that reach it; a client is made when it is first used."""

    def __init__(self, session: boto3.Session, endpoint_url: str | None, stack: Stack) -> None:
        self.session = session
        self.stack = stack
        self._endpoint_url = endpoint_url

    @property
    def endpoint_url(self) -> str | None:
        """Where all services answer; None: the standard AWS variables decide."""
        return self._endpoint_url

    @property
    def poll_seconds(self) -> float:
        """How long to wait between two looks: short on this machine, polite to AWS."""
        return 0.1 if self.is_local else 1.0

    @cached_property
    def is_local(self) -> bool:
        """Whether the endpoint is on this machine."""
        return is_loopback(self.states.meta.endpoint_url)

    @cached_property
    def caller_arn(self) -> str:
        """Who asks, as AWS knows them by their credentials."""
        sts = self.session.client("sts", endpoint_url=self._endpoint_url, config=_CONFIG)
        return str(sts.get_caller_identity()["Arn"])

    @cached_property
    def s3(self) -> S3Client:
        """Objects."""
        return self.session.client("s3", endpoint_url=self._endpoint_url, config=_CONFIG)

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """Items and the control table."""
        return self.session.client("dynamodb", endpoint_url=self._endpoint_url, config=_CONFIG)

    @cached_property
    def states(self) -> SFNClient:
        """Executions."""
        return self.session.client("stepfunctions", endpoint_url=self._endpoint_url, config=_CONFIG)

    @cached_property
    def tasks(self) -> SFNClient:
        """Executions, where an answer may take a minute: tasks of activities."""
        patient = _CONFIG.merge(Config(read_timeout=90))
        return self.session.client("stepfunctions", endpoint_url=self._endpoint_url, config=patient)

    @cached_property
    def functions(self) -> LambdaClient:
        """Lambda functions."""
        return self.session.client("lambda", endpoint_url=self._endpoint_url, config=_CONFIG)

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """Log groups."""
        return self.session.client("logs", endpoint_url=self._endpoint_url, config=_CONFIG)

    @cached_property
    def queues(self) -> SQSClient:
        """The dead-letter queue."""
        return self.session.client("sqs", endpoint_url=self._endpoint_url, config=_CONFIG)

    @cached_property
    def topics(self) -> SNSClient:
        """Who is told, and who is asked."""
        return self.session.client("sns", endpoint_url=self._endpoint_url, config=_CONFIG)

    @cached_property
    def metrics(self) -> CloudWatchClient:
        """Metrics and alarms."""
        return self.session.client("cloudwatch", endpoint_url=self._endpoint_url, config=_CONFIG)

    @cached_property
    def traces(self) -> Any:
        """Segments that X-Ray has kept."""
        return self.session.client("xray", endpoint_url=self._endpoint_url, config=_CONFIG)

    @cached_property
    def stacks(self) -> CloudFormationClient:
        """The stack's resources."""
        return self.session.client(
            "cloudformation", endpoint_url=self._endpoint_url, config=_CONFIG
        )

    @cached_property
    def glue(self) -> GlueClient:
        """The conversion job, and the catalog of published rows."""
        return self.session.client("glue", endpoint_url=self._endpoint_url, config=_CONFIG)

    @cached_property
    def athena(self) -> Any:
        """Queries."""
        return self.session.client("athena", endpoint_url=self._endpoint_url, config=_CONFIG)


def connect(stack: str, *, session: boto3.Session, endpoint_url: str | None = None) -> Cloud:
    """Find a stack by its name; without an endpoint the standard AWS variables decide where.

    Raises:
        NotFoundError: there is no such stack.
    """
    formation = session.client("cloudformation", endpoint_url=endpoint_url, config=_CONFIG)
    try:
        [found] = formation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        where = formation.meta.endpoint_url
        local = "" if is_loopback(where) else ", or use --local"
        raise NotFoundError(
            f"no stack {stack} at {where}; deploy it, or name another (--stack){local}"
        ) from None
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    return Cloud(session, endpoint_url, Stack.from_outputs(stack, outputs))


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine.

    >>> [is_loopback(u) for u in ("http://127.0.0.1:4566", "http://localhost", "https://aws.com")]
    [True, True, False]
    """
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
