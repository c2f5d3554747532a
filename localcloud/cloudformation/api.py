"""The actions of CloudFormation that the local cloud serves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from localcloud.cloudformation import views
from localcloud.cloudformation.change_actions import ChangeActions
from localcloud.cloudformation.errors import RefusedError, invalid
from localcloud.cloudformation.requests import source_of
from localcloud.cloudformation.templates import declared_parameters, needed_capability, summary
from localcloud.cloudformation.wire import Request, read_form, write_document
from localcloud.deploy.errors import DeployError
from localcloud.deploy.stack_work import StackWork
from localcloud.deploy.stacks import StackRecord
from localcloud.deploy.template_text import parse_template
from localcloud.deploy.translate import translate
from localcloud.http.wsgi import Environ, StartResponse, read_body, respond

Answer = dict[str, Any]


class CloudFormation:
    """A WSGI application: answers from records, and has stacks changed in the background."""

    def __init__(self, work: StackWork, client: Callable[[str], Any]) -> None:
        """`client` gives the local cloud's clients, by boto3's names."""
        self._records = work.records
        self._client = client
        self._region = work.place("").region
        changing = ChangeActions(work, client, background=_in_background)
        self._actions: dict[str, Callable[[Request], Answer]] = {
            **changing.actions,
            "DescribeStackEvents": self._describe_stack_events,
            "DescribeStackResource": self._describe_stack_resource,
            "DescribeStackResources": self._describe_stack_resources,
            "DescribeStacks": self._describe_stacks,
            "GetTemplate": self._get_template,
            "GetTemplateSummary": self._get_template_summary,
            "ListStackResources": self._list_stack_resources,
            "ListStacks": self._list_stacks,
            "ValidateTemplate": self._validate_template,
        }

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request of the query protocol."""
        request = read_form(read_body(environ))
        action = str(request.get("Action", ""))
        try:
            result = self._act(action, request)
            status, body = (
                HTTPStatus.OK,
                write_document(f"{action}Response", {f"{action}Result": result}),
            )
        except RefusedError as refusal:
            error = {"Type": "Sender", "Code": refusal.code, "Message": str(refusal)}
            status = HTTPStatus.BAD_REQUEST
            body = write_document("ErrorResponse", {"Error": error})
        return respond(start_response, status, body, content_type="text/xml")

    def _act(self, action: str, request: Request) -> Answer:
        if action not in self._actions:
            raise RefusedError("InvalidAction", f"The local cloud does not serve {action}")
        try:
            return self._actions[action](request)
        except DeployError as error:
            raise invalid(f"Template error: {error}") from error
        except KeyError as error:
            raise invalid(f"Missing parameter {error}") from error

    def _stack(self, request: Request) -> StackRecord:
        name = str(request.get("StackName", ""))
        record = self._records.find(name)
        if record is None:
            raise invalid(f"Stack with id {name} does not exist")
        return record

    def _describe_stacks(self, request: Request) -> Answer:
        named = "StackName" in request
        records = [self._stack(request)] if named else list(self._records.all())
        return {"Stacks": [views.stack(record) for record in records]}

    def _list_stacks(self, request: Request) -> Answer:
        wanted = request.get("StackStatusFilter")
        rows = [views.stack_summary(record) for record in self._records.all()]
        return {"StackSummaries": [r for r in rows if not wanted or r["StackStatus"] in wanted]}

    def _describe_stack_events(self, request: Request) -> Answer:
        record = self._stack(request)
        told = [views.event(record, number, one) for number, one in enumerate(record.events)]
        return {"StackEvents": told[::-1]}

    def _list_stack_resources(self, request: Request) -> Answer:
        record = self._stack(request)
        rows = [views.renamed(views.resource(item, record)) for item in record.resources]
        return {"StackResourceSummaries": rows}

    def _describe_stack_resources(self, request: Request) -> Answer:
        record = self._stack(request)
        wanted = request.get("LogicalResourceId")
        rows = [
            views.resource(item, record) | views.owner(record)
            for item in record.resources
            if wanted in {None, item.logical_id}
        ]
        return {"StackResources": rows}

    def _describe_stack_resource(self, request: Request) -> Answer:
        record, wanted = self._stack(request), request.get("LogicalResourceId")
        for item in record.resources:
            if item.logical_id == wanted:
                shown = views.renamed(views.resource(item, record))
                return {"StackResourceDetail": shown | views.owner(record)}
        raise invalid(f"Resource {wanted} does not exist for stack {record.name}")

    def _get_template(self, request: Request) -> Answer:
        record = self._stack(request)
        is_processed = request.get("TemplateStage") == "Processed"
        return {
            "TemplateBody": record.template if is_processed else record.source or record.template,
            "StagesAvailable": ["Original", "Processed"],
        }

    def _get_template_summary(self, request: Request) -> Answer:
        before = self._stack(request) if "StackName" in request else None
        if before is not None:
            request = {**request, "UsePreviousTemplate": "true"}
        template = self._template(request, before)
        translated = translate(template, parameters=_defaults(template), region=self._region)
        return summary(template, translated)

    def _validate_template(self, request: Request) -> Answer:
        template = self._template(request, None)
        needed = needed_capability(template)
        return {
            "Parameters": declared_parameters(template),
            "Description": template.get("Description"),
            "Capabilities": [needed[0]] if needed else [],
        }

    def _template(self, request: Request, before: StackRecord | None) -> dict[str, Any]:
        source = source_of(request, before=before, client=self._client)
        return parse_template(source, name="the template")


def _defaults(template: dict[str, Any]) -> dict[str, str]:
    """A value for every parameter, so that the transform does not stumble over one."""
    declared = template.get("Parameters", {})
    return {name: str(declared[name].get("Default", "value")) for name in declared}


def _in_background(name: str, action: Callable[[], None]) -> None:
    threading.Thread(target=action, name=f"stack {name}", daemon=True).start()
