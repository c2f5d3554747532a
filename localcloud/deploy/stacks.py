"""What is remembered of each stack: one JSON document in the bucket of the packages.

It lies in S3, so it lives exactly as long as what was deployed does.  A stack that is being
changed is remembered in this process until it has changed.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from localcloud.deploy.resource import error_code

ARTIFACT_BUCKET = "aws-sam-cli-managed-default-local"
"""Where packages lie, named as the bucket that `sam deploy --resolve-s3` makes."""
FOLDER = "stacks/"


@dataclass(frozen=True, kw_only=True, slots=True)
class StackResource:
    """One resource of a stack."""

    logical_id: str
    physical_id: str
    type: str
    status: str = "CREATE_COMPLETE"
    updated_at: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StackOutput:
    """One output of a stack."""

    key: str
    value: str
    description: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StackEvent:
    """One change of the status of a stack or of one of its resources."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str
    at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StackRecord:
    """A stack as it was deployed last; times are ISO 8601, UTC."""

    stack_id: str
    name: str
    status: str
    created_at: str
    updated_at: str
    description: str | None = None
    template: str = ""
    """After the transform."""
    parameters: tuple[tuple[str, str], ...] = ()
    outputs: tuple[StackOutput, ...] = ()
    resources: tuple[StackResource, ...] = ()
    """In the order in which they were made."""
    reason: str = ""
    source: str = ""
    """The template as it was given."""
    tags: tuple[tuple[str, str], ...] = ()
    capabilities: tuple[str, ...] = ()
    events: tuple[StackEvent, ...] = ()
    """The oldest first."""

    @property
    def physical_ids(self) -> dict[str, str]:
        """Logical to physical ids."""
        return {resource.logical_id: resource.physical_id for resource in self.resources}

    @property
    def is_changing(self) -> bool:
        """Whether somebody is at work on it."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"


class StackRecords:
    """The records of all stacks, through an S3 client."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        """`client` gives the local cloud's clients; it is asked when there is something to do."""
        self._client = client
        self._changing: dict[str, StackRecord] = {}

    @property
    def _s3(self) -> Any:
        return self._client("s3")

    def find(self, name_or_id: str) -> StackRecord | None:
        """A stack by its name or its ARN."""
        name = name_or_id.split("/")[1] if name_or_id.startswith("arn:") else name_or_id
        if (changing := self._changing.get(name)) is not None:
            return changing
        try:
            found = self._s3.get_object(Bucket=ARTIFACT_BUCKET, Key=f"{FOLDER}{name}.json")
        except ClientError as error:
            if error_code(error) in {"NoSuchKey", "NoSuchBucket", "404"}:
                return None
            raise
        return _parse(found["Body"].read())

    def all(self) -> Iterator[StackRecord]:
        """Every stack, by name."""
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=ARTIFACT_BUCKET, Prefix=FOLDER
            )
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        except ClientError as error:
            if error_code(error) != "NoSuchBucket":
                raise
            keys = []
        names = {key.removeprefix(FOLDER).removesuffix(".json") for key in keys}
        for name in sorted({*names, *self._changing}):
            if record := self.find(name):
                yield record

    def show(self, record: StackRecord) -> None:
        """Let others see a stack that is being changed."""
        self._changing[record.name] = record

    def save(self, record: StackRecord) -> None:
        """Keep a record in place of the stack's former one."""
        body = json.dumps(dataclasses.asdict(record)).encode()
        self._s3.put_object(Bucket=ARTIFACT_BUCKET, Key=f"{FOLDER}{record.name}.json", Body=body)
        self._changing.pop(record.name, None)

    def forget(self, name: str) -> None:
        """Keep nothing of a stack that is no more."""
        self._s3.delete_object(Bucket=ARTIFACT_BUCKET, Key=f"{FOLDER}{name}.json")
        self._changing.pop(name, None)

    def make_bucket(self, region: str) -> None:
        """Make the bucket of packages and records, unless it is there."""
        where = {} if region == "us-east-1" else {"LocationConstraint": region}
        request = {"CreateBucketConfiguration": where} if where else {}
        try:
            self._s3.create_bucket(Bucket=ARTIFACT_BUCKET, **request)
        except ClientError as error:
            if error_code(error) not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                raise


def _parse(body: bytes) -> StackRecord:
    document = json.loads(body)
    return StackRecord(
        **document
        | {
            "parameters": _pairs(document["parameters"]),
            "tags": _pairs(document.get("tags", [])),
            "capabilities": tuple(document.get("capabilities", [])),
            "outputs": tuple(StackOutput(**output) for output in document["outputs"]),
            "resources": tuple(StackResource(**item) for item in document["resources"]),
            "events": tuple(StackEvent(**event) for event in document.get("events", [])),
        }
    )


def _pairs(found: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in found)
