"""Keys and their aliases."""

from __future__ import annotations

import json

from localcloud.deploy.resource import Made, Resource


def key(resource: Resource) -> Made:
    """`AWS::KMS::Key`; an existing key keeps its id and gets the policy of the template."""
    chosen, rest = resource.split("KeyPolicy", "EnableKeyRotation", "PendingWindowInDays", "Tags")
    policy = json.dumps(chosen["KeyPolicy"]) if "KeyPolicy" in chosen else None
    key_id = resource.physical_id
    if key_id is None:
        tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in chosen.get("Tags", [])]
        request = rest | {"Tags": tags} | ({"Policy": policy} if policy else {})
        key_id = str(resource.call("kms", "create_key", request)["KeyMetadata"]["KeyId"])
    elif policy:
        document = {"KeyId": key_id, "PolicyName": "default", "Policy": policy}
        resource.call("kms", "put_key_policy", document)
    if str(chosen.get("EnableKeyRotation", False)).lower() == "true":
        resource.call("kms", "enable_key_rotation", {"KeyId": key_id})
    arn = f"arn:aws:kms:{resource.place.region}:{resource.place.account}:key/{key_id}"
    return Made(ref=key_id, attributes={"Arn": arn, "KeyId": key_id})


def alias(resource: Resource) -> Made:
    """`AWS::KMS::Alias`."""
    resource.create_or_update(
        lambda: resource.call("kms", "create_alias", resource.properties),
        lambda: resource.call("kms", "update_alias", resource.properties),
        exists=("AlreadyExistsException",),
    )
    return Made(ref=resource.properties["AliasName"])
