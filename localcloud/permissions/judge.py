"""A small judge of IAM policies: which actions a call needs, and whether statements allow them.

Sources:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_OPERATORS = ("ForAllValues:StringLike", "ForAllValues:StringEquals")
_S3_ACTIONS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "GetBucketVersioning": "GetBucketVersioning",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjectsV2": "ListBucket",
    "PutObject": "PutObject",
    "UploadPart": "PutObject",
}
_S3_ACTIONS_BY_VERSION = {
    "DeleteObject": "DeleteObject",
    "GetObject": "GetObject",
    "HeadObject": "GetObject",
}
_DYNAMODB_ACTIONS = {"BatchExecuteStatement": "PartiQLInsert"}
"""The only statements that functions execute are INSERTs."""
_OTHER_ACTIONS = {"lambda:Invoke": "lambda:InvokeFunction"}
_PREFIXES = {"monitoring": "cloudwatch"}
"""Of services that sign by another name."""


class UnjudgedError(ValueError):
    """A statement says something that the judge does not know."""


@dataclass(frozen=True, slots=True)
class Need:
    """An action on a resource that a call must be allowed."""

    action: str
    resource: str
    leading_keys: Sequence[str] = ()
    """How the partition keys begin that the call is about."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An `Allow`, on nothing but items whose partition keys match, if it names any."""

    actions: Sequence[str]
    resources: Sequence[str]
    leading_keys: Sequence[str] = ()

    def allows(self, need: Need) -> bool:
        """Whether all match; action names do not distinguish case."""
        return (
            self.names(need.action)
            and any(matches(r, need.resource) for r in self.resources)
            and self.allows_keys(need.leading_keys)
        )

    def names(self, action: str) -> bool:
        """Whether it is about an action."""
        return any(matches(known.lower(), action.lower()) for known in self.actions)

    def allows_keys(self, keys: Sequence[str]) -> bool:
        """Whether every key matches; a call without any would pass on AWS, and does not here."""
        if not self.leading_keys:
            return True
        return bool(keys) and all(any(matches(k, key) for k in self.leading_keys) for key in keys)


def matches(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern with `*` and `?` stands for."""
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def needs(call: Mapping[str, Any], *, account: str, machine_arn: str) -> list[Need]:
    """What AWS asks for before it carries out a call of `GET /_localcloud/calls`.

    Raises:
        KeyError: an operation of S3 whose actions are not known here.
    """
    operation, resources = call["operation"], call["resources"]
    match call["service"]:
        case "s3":
            return list(_of_s3(call, operation, f"arn:aws:s3:::{resources[0].rstrip('/')}"))
        case "dynamodb":
            tables = f"arn:aws:dynamodb:{account}:table/"
            keys = tuple(call["leading_keys"])
            action = _DYNAMODB_ACTIONS.get(operation, operation)
            return [Need(f"dynamodb:{action}", tables + name, keys) for name in resources]
        case "states" if operation.startswith("SendTask"):  # judged by the token's state machine
            return [Need(f"states:{operation}", machine_arn)]
    if call["service"] == "sqs":  # which names queues by their address
        resources = [f"arn:aws:sqs:{account}:{url.rpartition('/')[2]}" for url in resources]
    action = f"{_PREFIXES.get(call['service'], call['service'])}:{operation}"
    return [Need(_OTHER_ACTIONS.get(action, action), name) for name in resources or ("*",)]


def _of_s3(call: Mapping[str, Any], operation: str, resource: str) -> Iterator[Need]:
    version = "Version" if call["versioned"] else ""
    source = f"arn:aws:s3:::{call['source']}"
    if operation in ("CopyObject", "UploadPartCopy"):
        yield Need("s3:PutObject", resource)
        yield Need(f"s3:GetObject{version}", source)
        if operation == "CopyObject":  # of an object with tags, which come along
            yield Need("s3:PutObjectTagging", resource)
            yield Need(f"s3:GetObject{version}Tagging", source)
    elif operation in _S3_ACTIONS_BY_VERSION:
        yield Need(f"s3:{_S3_ACTIONS_BY_VERSION[operation]}{version}", resource)
    else:
        yield Need(f"s3:{_S3_ACTIONS[operation]}", resource)


def statements_of(document: Mapping[str, Any]) -> Iterator[Statement]:
    """The statements of an identity policy; of conditions the judge knows that on leading keys.

    Raises:
        UnjudgedError: a Deny, or another condition.
    """
    for statement in _many(document["Statement"]):
        if statement["Effect"] != "Allow":
            raise UnjudgedError(json.dumps(statement))
        keys = _keys_of(statement.get("Condition", {}))
        yield Statement(_many(statement["Action"]), _many(statement["Resource"]), keys)


def _keys_of(condition: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The patterns of leading keys that a condition names.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    found = []
    for operator, wanted in condition.items():
        if operator not in _OPERATORS or list(wanted) != ["dynamodb:LeadingKeys"]:
            raise UnjudgedError(json.dumps(condition))
        found += _many(wanted["dynamodb:LeadingKeys"])
    return found


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
