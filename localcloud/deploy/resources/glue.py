"""Glue jobs, and the catalog's databases and tables."""

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


def database(resource: Resource) -> Made:
    """`AWS::Glue::Database`; it is named like its stack's resource unless the template names it."""
    chosen, rest = resource.split("DatabaseInput")
    settings = {"Name": resource.default_name.lower()} | chosen["DatabaseInput"]
    request = {**rest, "DatabaseInput": settings}
    resource.create_or_update(
        lambda: resource.call("glue", "create_database", request),
        lambda: resource.call("glue", "update_database", request | {"Name": settings["Name"]}),
        exists=("AlreadyExistsException", "DatabaseAlreadyExistsException"),
    )
    return Made(ref=settings["Name"])


def table(resource: Resource) -> Made:
    """`AWS::Glue::Table`."""
    chosen, rest = resource.split("TableInput")
    settings = {"Name": resource.default_name.lower()} | chosen["TableInput"]
    request = {**rest, "TableInput": settings}
    resource.create_or_update(
        lambda: resource.call("glue", "create_table", request),
        lambda: resource.call("glue", "update_table", request),
        exists=("AlreadyExistsException", "TableAlreadyExistsException"),
    )
    return Made(ref=settings["Name"])
