"""What the toolkit stack of CDK keeps besides roles and a bucket, and what its apps add."""

from __future__ import annotations

import json

from localcloud.deploy.resource import Made, Resource


def parameter(resource: Resource) -> Made:
    """`AWS::SSM::Parameter`."""
    chosen, rest = resource.split("Tags")
    request = {"Name": resource.default_name} | rest | {"Overwrite": True}
    resource.call("ssm", "put_parameter", request)
    if "Tags" in chosen:
        tags = [{"Key": key, "Value": value} for key, value in chosen["Tags"].items()]
        named = {"ResourceType": "Parameter", "ResourceId": request["Name"], "Tags": tags}
        resource.call("ssm", "add_tags_to_resource", named)
    return Made(
        ref=request["Name"], attributes={"Type": request["Type"], "Value": request["Value"]}
    )


def repository(resource: Resource) -> Made:
    """`AWS::ECR::Repository`; no image can be pushed to it."""
    chosen, rest = resource.split("EmptyOnDelete", "LifecyclePolicy", "RepositoryPolicyText")
    request = {"RepositoryName": resource.default_name} | rest
    named = {"RepositoryName": request["RepositoryName"]}
    made = resource.create_or_update(
        lambda: resource.call("ecr", "create_repository", request)["repository"],
        lambda: resource.call(
            "ecr", "describe_repositories", {"RepositoryNames": list(named.values())}
        )["repositories"][0],
        exists=("RepositoryAlreadyExistsException",),
    )
    if "LifecyclePolicy" in chosen:
        text = chosen["LifecyclePolicy"]["LifecyclePolicyText"]
        resource.call("ecr", "put_lifecycle_policy", named | {"LifecyclePolicyText": text})
    if "RepositoryPolicyText" in chosen:
        text = json.dumps(chosen["RepositoryPolicyText"])
        resource.call("ecr", "set_repository_policy", named | {"PolicyText": text})
    attributes = {"Arn": made["repositoryArn"], "RepositoryUri": made["repositoryUri"]}
    return Made(ref=made["repositoryName"], attributes=attributes)


def metadata(resource: Resource) -> Made:
    """`AWS::CDK::Metadata`: says what an app was built with, and makes nothing."""
    return Made(ref=resource.default_name)
