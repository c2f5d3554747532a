"""Log groups, metric filters, alarms and dashboards."""

from __future__ import annotations

import json

from localcloud.deploy.resource import Made, Resource


def log_group(resource: Resource) -> Made:
    """`AWS::Logs::LogGroup`."""
    chosen, request = resource.split("RetentionInDays")
    request = {"logGroupName": resource.default_name} | {
        "logGroupName" if key == "LogGroupName" else key: value for key, value in request.items()
    }
    name = request["logGroupName"]
    resource.create_or_update(
        lambda: resource.call("logs", "create_log_group", request),
        lambda: None,
        exists=("ResourceAlreadyExistsException",),
    )
    if days := chosen.get("RetentionInDays"):
        kept = {"logGroupName": name, "retentionInDays": days}
        resource.call("logs", "put_retention_policy", kept)
    place = resource.place
    arn = f"arn:aws:logs:{place.region}:{place.account}:log-group:{name}:*"
    return Made(ref=name, attributes={"Arn": arn})


def metric_filter(resource: Resource) -> Made:
    """`AWS::Logs::MetricFilter`."""
    request = {"FilterName": resource.default_name} | dict(resource.properties)
    resource.call("logs", "put_metric_filter", request)
    return Made(ref=request["FilterName"])


def query_definition(resource: Resource) -> Made:
    """`AWS::Logs::QueryDefinition`: accepted and not acted on, as no query runs here."""
    chosen, rest = resource.split("LogGroupNames", "Name", "QueryString")
    resource.refuse(rest)
    return Made(ref=chosen["Name"], attributes={"QueryDefinitionId": chosen["Name"]})


def alarm(resource: Resource) -> Made:
    """`AWS::CloudWatch::Alarm`."""
    request = {"AlarmName": resource.default_name} | dict(resource.properties)
    name = request["AlarmName"]
    resource.call("cloudwatch", "put_metric_alarm", request)
    place = resource.place
    arn = f"arn:aws:cloudwatch:{place.region}:{place.account}:alarm:{name}"
    return Made(ref=name, attributes={"Arn": arn})


def dashboard(resource: Resource) -> Made:
    """`AWS::CloudWatch::Dashboard`."""
    chosen, rest = resource.split("DashboardName", "DashboardBody")
    resource.refuse(rest)
    name = chosen.get("DashboardName", resource.default_name)
    body = chosen["DashboardBody"]
    request = {
        "DashboardName": name,
        "DashboardBody": body if isinstance(body, str) else json.dumps(body),
    }
    resource.call("cloudwatch", "put_dashboard", request)
    return Made(ref=name)
