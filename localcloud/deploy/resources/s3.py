"""Buckets and their policies."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from localcloud.deploy.resource import Made, Resource

OWNED = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")


def bucket(resource: Resource) -> Made:
    """`AWS::S3::Bucket`."""
    chosen, settings = resource.split("BucketName")
    name = chosen.get("BucketName", resource.default_name.lower())
    resource.create_or_update(
        lambda: _create(resource, name),
        lambda: resource.call("s3", "head_bucket", {"Bucket": name}),
        exists=OWNED,
    )
    for property_name, value in settings.items():
        if property_name not in SETTINGS:
            resource.refuse({property_name: value})
        operation, convert = SETTINGS[property_name]
        resource.call("s3", operation, {"Bucket": name} | convert(value))
    return Made(
        ref=name,
        attributes={
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{resource.place.region}.amazonaws.com",
        },
    )


def bucket_policy(resource: Resource) -> Made:
    """`AWS::S3::BucketPolicy`."""
    chosen, rest = resource.split("Bucket", "PolicyDocument")
    resource.refuse(rest)
    resource.call(
        "s3",
        "put_bucket_policy",
        {"Bucket": chosen["Bucket"], "Policy": json.dumps(chosen["PolicyDocument"])},
    )
    return Made(ref=chosen["Bucket"])


def _create(resource: Resource, name: str) -> None:
    request: dict[str, Any] = {"Bucket": name}
    if resource.place.region != "us-east-1":
        request["CreateBucketConfiguration"] = {"LocationConstraint": resource.place.region}
    resource.call("s3", "create_bucket", request)


def _canned(value: str) -> dict[str, Any]:
    """A canned access list: `PublicRead` is `public-read` to the API."""
    return {"ACL": re.sub(r"(?<=[a-z])(?=[A-Z])", "-", value).lower()}


def _encryption(value: Mapping[str, Any]) -> dict[str, Any]:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
            **{key: item for key, item in rule.items() if key != "ServerSideEncryptionByDefault"},
        }
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    return {"ServerSideEncryptionConfiguration": {"Rules": rules}}


def _notifications(value: Mapping[str, Any]) -> dict[str, Any]:
    bridge = value.get("EventBridgeConfiguration")
    configuration: dict[str, Any] = {
        key: item for key, item in value.items() if key != "EventBridgeConfiguration"
    }
    if bridge is not None and str(bridge.get("EventBridgeEnabled", True)).lower() == "true":
        configuration["EventBridgeConfiguration"] = {}
    return {"NotificationConfiguration": configuration}


def _cors(rule: Mapping[str, Any]) -> dict[str, Any]:
    names = {"Id": "ID", "ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds"}
    return {names.get(key, key): item for key, item in rule.items()}


def _lifecycle(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"LifecycleConfiguration": {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}}


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """CloudFormation's flat rule as the API nests it."""
    kept = dict(rule)
    digest = hashlib.sha256(json.dumps(rule, sort_keys=True, default=str).encode()).hexdigest()
    converted: dict[str, Any] = {
        "ID": kept.pop("Id", digest[:16]),
        "Filter": {"Prefix": kept.pop("Prefix", "")},
    }
    expiration = {
        api: kept.pop(name)
        for name, api in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if name in kept
    }
    if expiration:
        converted["Expiration"] = expiration
    if transitions := kept.pop("Transitions", None):
        converted["Transitions"] = [_transition(item) for item in transitions]
    return converted | kept


def _transition(transition: Mapping[str, Any]) -> dict[str, Any]:
    names = {"TransitionInDays": "Days", "TransitionDate": "Date"}
    return {names.get(key, key): value for key, value in transition.items()}


SETTINGS: dict[str, tuple[str, Any]] = {
    "AccessControl": ("put_bucket_acl", _canned),
    "BucketEncryption": ("put_bucket_encryption", _encryption),
    "CorsConfiguration": (
        "put_bucket_cors",
        lambda value: {"CORSConfiguration": {"CORSRules": list(map(_cors, value["CorsRules"]))}},
    ),
    "LifecycleConfiguration": ("put_bucket_lifecycle_configuration", _lifecycle),
    "NotificationConfiguration": ("put_bucket_notification_configuration", _notifications),
    "OwnershipControls": (
        "put_bucket_ownership_controls",
        lambda value: {"OwnershipControls": value},
    ),
    "PublicAccessBlockConfiguration": (
        "put_public_access_block",
        lambda value: {"PublicAccessBlockConfiguration": value},
    ),
    "Tags": ("put_bucket_tagging", lambda value: {"Tagging": {"TagSet": value}}),
    "VersioningConfiguration": (
        "put_bucket_versioning",
        lambda value: {"VersioningConfiguration": value},
    ),
}
"""Each property's operation, and how its value is worded there."""
