"""What is remembered of each stack: one JSON document in the bucket of the packages.

It lies in S3, so it lives exactly as long as what was deployed does.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from localcloud.deploy.executor import Deployed
from localcloud.deploy.plan import Plan
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


@dataclass(frozen=True, kw_only=True, slots=True)
class StackOutput:
    """One output of a stack."""

    key: str
    value: str
    description: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StackRecord:
    """A stack as it was deployed last; times are ISO 8601, UTC."""

    stack_id: str
    name: str
    status: str
    created_at: str
    updated_at: str
    description: str | None
    template: str
    parameters: tuple[tuple[str, str], ...]
    outputs: tuple[StackOutput, ...]
    resources: tuple[StackResource, ...]

    @property
    def physical_ids(self) -> dict[str, str]:
        """Logical to physical ids."""
        return {resource.logical_id: resource.physical_id for resource in self.resources}


class StackRecords:
    """The records of all stacks, through an S3 client."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def find(self, name_or_id: str) -> StackRecord | None:
        """A stack by its name or its ARN."""
        name = name_or_id.split("/")[1] if name_or_id.startswith("arn:") else name_or_id
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
            listed = self._s3.list_objects_v2(Bucket=ARTIFACT_BUCKET, Prefix=FOLDER)
        except ClientError as error:
            if error_code(error) != "NoSuchBucket":
                raise
            return
        for item in listed.get("Contents", []):
            name = item["Key"].removeprefix(FOLDER).removesuffix(".json")
            if record := self.find(name):
                yield record

    def save(self, record: StackRecord) -> None:
        """Keep a record in place of the stack's former one."""
        body = json.dumps(dataclasses.asdict(record)).encode()
        self._s3.put_object(Bucket=ARTIFACT_BUCKET, Key=f"{FOLDER}{record.name}.json", Body=body)


def record_of(
    plan: Plan,
    deployed: Deployed,
    template: Mapping[str, Any],
    *,
    before: StackRecord | None,
    now: str,
) -> StackRecord:
    """The record of a deployment that has succeeded."""
    return StackRecord(
        stack_id=plan.place.stack_id,
        name=plan.place.stack,
        status="CREATE_COMPLETE" if before is None else "UPDATE_COMPLETE",
        created_at=now if before is None else before.created_at,
        updated_at=now,
        description=template.get("Description"),
        template=json.dumps(template, default=str),
        parameters=tuple(
            (name, ",".join(value) if isinstance(value, list) else value)
            for name, value in plan.values.items()
            if not name.startswith("AWS::")
        ),
        outputs=tuple(
            StackOutput(key=key, value=value, description=plan.outputs[key].get("Description"))
            for key, value in deployed.outputs.items()
        ),
        resources=tuple(
            StackResource(
                logical_id=step.logical_id,
                physical_id=deployed.resources[step.logical_id].ref,
                type=step.type,
            )
            for step in plan.steps
        ),
    )


def _parse(body: bytes) -> StackRecord:
    document = json.loads(body)
    return StackRecord(
        **document
        | {
            "parameters": tuple((name, value) for name, value in document["parameters"]),
            "outputs": tuple(StackOutput(**output) for output in document["outputs"]),
            "resources": tuple(StackResource(**item) for item in document["resources"]),
        }
    )
