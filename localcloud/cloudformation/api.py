"""CloudFormation's API, as far as it shows stacks: what was deployed, and what came of it.

Moto's CloudFormation is not used, because it cannot create what matters here and its import
takes as long as that of all other services together.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from localcloud.deploy.stacks import StackRecord, StackRecords, StackResource
from localcloud.wsgi import Environ, StartResponse, read_body, respond

NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
Parameters = Mapping[str, str]


class RefusedError(Exception):
    """The request cannot be served; `code` is CloudFormation's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class CloudFormation:
    """A WSGI application over the records of stacks."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        """`client` makes boto3 clients for the local cloud."""
        self._client = client
        self._actions: dict[str, Callable[[Parameters], dict[str, Any]]] = {
            "DescribeStackResource": self._describe_stack_resource,
            "DescribeStackResources": self._describe_stack_resources,
            "DescribeStacks": self._describe_stacks,
            "GetTemplate": self._get_template,
            "ListStackResources": self._list_stack_resources,
            "ListStacks": self._list_stacks,
        }

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request of the query protocol."""
        parameters = dict(parse_qsl(read_body(environ).decode()))
        action = parameters.get("Action", "")
        try:
            result = self._act(action, parameters)
            status, body = (
                HTTPStatus.OK,
                _document(f"{action}Response", {f"{action}Result": result}),
            )
        except RefusedError as refusal:
            error = {"Type": "Sender", "Code": refusal.code, "Message": str(refusal)}
            status, body = HTTPStatus.BAD_REQUEST, _document("ErrorResponse", {"Error": error})
        return respond(start_response, status, body, content_type="text/xml")

    def _act(self, action: str, parameters: Parameters) -> dict[str, Any]:
        if action not in self._actions:
            raise RefusedError(
                "InvalidAction", f"The local cloud does not serve {action}: it deploys by itself"
            )
        return self._actions[action](parameters)

    @property
    def _records(self) -> StackRecords:
        return StackRecords(self._client("s3"))

    def _stack(self, parameters: Parameters) -> StackRecord:
        name = parameters.get("StackName", "")
        record = self._records.find(name)
        if record is None:
            raise RefusedError("ValidationError", f"Stack with id {name} does not exist")
        return record

    def _describe_stacks(self, parameters: Parameters) -> dict[str, Any]:
        named = "StackName" in parameters
        records = [self._stack(parameters)] if named else list(self._records.all())
        return {"Stacks": [_stack(record) for record in records]}

    def _list_stacks(self, _parameters: Parameters) -> dict[str, Any]:
        shown = ("StackId", "StackName", "StackStatus", "CreationTime", "LastUpdatedTime")
        stacks = [_stack(record) for record in self._records.all()]
        return {"StackSummaries": [{name: stack[name] for name in shown} for stack in stacks]}

    def _list_stack_resources(self, parameters: Parameters) -> dict[str, Any]:
        record = self._stack(parameters)
        rows = [
            _resource(item) | {"LastUpdatedTimestamp": record.updated_at}
            for item in record.resources
        ]
        return {"StackResourceSummaries": rows}

    def _describe_stack_resources(self, parameters: Parameters) -> dict[str, Any]:
        record = self._stack(parameters)
        wanted = parameters.get("LogicalResourceId")
        rows = [
            _resource(item) | _owner(record) | {"Timestamp": record.updated_at}
            for item in record.resources
            if wanted in {None, item.logical_id}
        ]
        return {"StackResources": rows}

    def _describe_stack_resource(self, parameters: Parameters) -> dict[str, Any]:
        record, wanted = self._stack(parameters), parameters.get("LogicalResourceId")
        for item in record.resources:
            if item.logical_id == wanted:
                times = {"LastUpdatedTimestamp": record.updated_at}
                return {"StackResourceDetail": _resource(item) | _owner(record) | times}
        message = f"Resource {wanted} does not exist for stack {record.name}"
        raise RefusedError("ValidationError", message)

    def _get_template(self, parameters: Parameters) -> dict[str, Any]:
        return {"TemplateBody": self._stack(parameters).template}


def _owner(record: StackRecord) -> dict[str, Any]:
    return {"StackId": record.stack_id, "StackName": record.name}


def _stack(record: StackRecord) -> dict[str, Any]:
    return _owner(record) | {
        "Description": record.description,
        "StackStatus": record.status,
        "CreationTime": record.created_at,
        "LastUpdatedTime": record.updated_at,
        "DisableRollback": False,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in record.parameters
        ],
        "Outputs": [
            {"OutputKey": out.key, "OutputValue": out.value, "Description": out.description}
            for out in record.outputs
        ],
        "Tags": [],
    }


def _resource(item: StackResource) -> dict[str, Any]:
    return {
        "LogicalResourceId": item.logical_id,
        "PhysicalResourceId": item.physical_id,
        "ResourceType": item.type,
        "ResourceStatus": "CREATE_COMPLETE",
    }


def _document(name: str, content: Mapping[str, Any]) -> bytes:
    root = ET.Element(name, xmlns=NAMESPACE)
    identity = {"ResponseMetadata": {"RequestId": str(uuid.uuid4())}}
    _append(root, {**content, **identity})
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _append(parent: ET.Element, content: Mapping[str, Any]) -> None:
    """Members as elements, list items as `member`; what is None is left out."""
    for name, value in content.items():
        if value is None:
            continue
        element = ET.SubElement(parent, name)
        if isinstance(value, Mapping):
            _append(element, value)
        elif isinstance(value, list):
            for item in value:
                _append(ET.SubElement(element, "member"), item)
        else:
            element.text = str(value).lower() if isinstance(value, bool) else str(value)
