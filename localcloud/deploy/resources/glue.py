"""Glue jobs."""

from __future__ import annotations

from localcloud.deploy.resource import Made, Resource


def job(resource: Resource) -> Made:
    """`AWS::Glue::Job`."""
    request = {"Name": resource.default_name} | dict(resource.properties)
    name = request["Name"]
    settings = {key: value for key, value in request.items() if key not in {"Name", "Tags"}}
    resource.create_or_update(
        lambda: resource.call("glue", "create_job", request),
        lambda: resource.call("glue", "update_job", {"JobName": name, "JobUpdate": settings}),
        exists=("AlreadyExistsException",),
    )
    return Made(ref=name)
