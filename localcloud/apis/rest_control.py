"""The API by which REST APIs are made, as far as a deployment of documents needs it.

An API comes whole, by ImportRestApi or PutRestApi; a stage serves the document as it was deployed.
Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from localcloud.apis.rest_document import DocumentError, methods_of
from localcloud.apis.rest_store import Record, RestStore
from localcloud.http.wsgi import App, Environ, StartResponse, raw_path, read_body, respond_json
from localcloud.services import region_of

_HTTP_APIS = "/v2/"
_SETTINGS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    # path of a patch below `/<resource>/<method>/`: member of the stage's method settings
    "throttling/burstLimit": ("throttlingBurstLimit", int),
    "throttling/rateLimit": ("throttlingRateLimit", float),
    "metrics/enabled": ("metricsEnabled", lambda text: text == "true"),
    "logging/loglevel": ("loggingLevel", str),
    "logging/dataTrace": ("dataTraceEnabled", lambda text: text == "true"),
}
_OF_APIS = ("document", "deployments", "stages")


class _RefusedError(Exception):
    """`error_type`, status and message of what a request cannot have."""

    def __init__(self, status: HTTPStatus, error_type: str, message: str) -> None:
        super().__init__(message)
        self.status, self.error_type = status, error_type


class RestControl:
    """Answers what concerns REST APIs; `http_apis` answers the rest of API Gateway's API."""

    def __init__(self, store: RestStore, http_apis: App) -> None:
        self._store = store
        self._http_apis = http_apis

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = raw_path(environ)
        if path.startswith((_HTTP_APIS, "/tags")):
            return self._http_apis(environ, start_response)
        request = _Request(self._store, environ)
        try:
            status, document = request.answer([unquote(part) for part in path.split("/")[1:]])
        except _RefusedError as refused:
            headers = {"x-amzn-ErrorType": refused.error_type}
            said = {"message": str(refused)}
            return respond_json(start_response, refused.status, said, headers=headers)
        return respond_json(start_response, status, document)


class _Request:
    def __init__(self, store: RestStore, environ: Environ) -> None:
        self._store = store
        self._region = region_of(environ)
        self._method = str(environ["REQUEST_METHOD"])
        self._query = dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True))
        self._body = read_body(environ)

    def answer(self, path: list[str]) -> tuple[HTTPStatus, object]:
        match self._method, path:
            case "POST", ["restapis"]:
                return HTTPStatus.CREATED, self._import()
            case "PUT", ["restapis", api_id]:
                return HTTPStatus.OK, self._put(self._found("restapis", api_id))
            case "POST", ["restapis", api_id, "deployments"]:
                return HTTPStatus.CREATED, self._deploy(self._found("restapis", api_id))
            case _, ["restapis", api_id, "stages", *names]:
                return self._stages(self._found("restapis", api_id)["stages"], names)
            case "PATCH", ["account"]:
                return HTTPStatus.OK, {"throttleSettings": {"burstLimit": 5000, "rateLimit": 10000}}
            case _, ["restapis" | "apikeys" | "usageplans" as kind, *names]:
                return self._record(kind, names)
        raise _bad("the local cloud makes REST APIs of documents only: ImportRestApi, PutRestApi")

    def _record(self, kind: str, names: list[str]) -> tuple[HTTPStatus, object]:
        records = self._store.records(kind, self._region)
        match self._method, names:
            case "GET", []:
                return HTTPStatus.OK, {"item": [_shown(record) for record in records.values()]}
            case "GET", [name]:
                return HTTPStatus.OK, _shown(_found(records, name, kind))
            case "DELETE", [name]:
                _found(records, name, kind)
                del records[name]
                return HTTPStatus.ACCEPTED, {}
            case "POST", [] if kind != "restapis":
                return HTTPStatus.CREATED, self._create(kind)
            case "POST", [name, "keys"] if kind == "usageplans":
                return HTTPStatus.CREATED, self._admit(_found(records, name, kind))
        raise _bad("the local cloud makes REST APIs of documents only: ImportRestApi, PutRestApi")

    def _found(self, kind: str, record_id: str) -> Record:
        return _found(self._store.records(kind, self._region), record_id, kind)

    def _json(self) -> dict[str, Any]:
        try:
            document = json.loads(self._body or b"{}")
        except ValueError as error:
            raise _bad("Unable to parse API definition: it is no JSON") from error
        if not isinstance(document, dict):
            raise _bad("Invalid request body")
        return document

    def _import(self) -> Record:
        if self._query.get("mode") != "import":
            raise _bad("the local cloud makes REST APIs of documents only: ImportRestApi")
        api_id = _new_id()
        api: Record = {"id": api_id, "createdDate": time.time(), "deployments": {}, "stages": {}}
        shown = self._put(api)
        self._store.records("restapis", self._region)[api_id] = api
        return shown

    def _put(self, api: Record) -> Record:
        document = self._json()
        try:
            methods_of(document)
        except DocumentError as error:
            raise _bad(str(error)) from error
        info = document.get("info", {})
        api |= {"document": document, "name": info.get("title", ""), "version": info.get("version")}
        return _shown(api)

    def _deploy(self, api: Record) -> Record:
        deployment: Record = {"id": _new_id(), "createdDate": time.time()}
        api["deployments"][deployment["id"]] = deployment | {"document": api["document"]}
        return deployment

    def _stages(self, stages: dict[str, Record], names: list[str]) -> tuple[HTTPStatus, object]:
        match self._method, names:
            case "POST", []:
                wanted = self._json()
                name = str(wanted["stageName"])
                if name in stages:
                    raise _RefusedError(
                        HTTPStatus.CONFLICT, "ConflictException", "Stage already exists"
                    )
                fresh: Record = {"variables": {}, "methodSettings": {}, "createdDate": time.time()}
                stages[name] = fresh | wanted
                return HTTPStatus.CREATED, stages[name]
            case "GET", []:
                return HTTPStatus.OK, {"item": list(stages.values())}
            case "GET", [name]:
                return HTTPStatus.OK, _found(stages, name, "stages")
            case "PATCH", [name]:
                stage = _found(stages, name, "stages")
                for patch in self._json().get("patchOperations", []):
                    _patch(stage, patch)
                return HTTPStatus.OK, stage
            case "DELETE", [name]:
                _found(stages, name, "stages")
                del stages[name]
                return HTTPStatus.ACCEPTED, {}
        raise _bad(f"{self._method} of a stage is not supported")

    def _create(self, kind: str) -> Record:
        wanted = self._json()
        record: Record = {"id": _new_id(), "keys": [], "createdDate": time.time()} | wanted
        if kind == "apikeys":
            value = wanted.get("value") or secrets.token_urlsafe(30)
            record |= {"value": value, "enabled": wanted.get("enabled", False)}
        self._store.records(kind, self._region)[record["id"]] = record
        return _shown(record)

    def _admit(self, plan: Record) -> Record:
        key = self._found("apikeys", self._json()["keyId"])
        plan["keys"] = sorted({*plan["keys"], key["id"]})
        return {"id": key["id"], "type": "API_KEY", "name": key.get("name", "")}


def _patch(stage: Record, patch: Mapping[str, str]) -> None:
    """Apply one operation, whose path separates names by `/` and writes one inside a name `~1`."""
    names = [name.replace("~1", "/").replace("~0", "~") for name in patch["path"].split("/")[1:]]
    value = patch.get("value", "")
    setting = _SETTINGS.get("/".join(names[2:]))
    if setting is not None:
        member, convert = setting
        place = f"{names[0].lstrip('/')}/{names[1]}"
        stage["methodSettings"].setdefault(place, {})[member] = convert(value)
    elif names[0] in ("variables", "accessLogSettings") and len(names) > 1:
        stage.setdefault(names[0], {})[names[1]] = value
    elif names in (["deploymentId"], ["description"]):
        stage[names[0]] = value
    elif names == ["tracingEnabled"]:
        stage["tracingEnabled"] = value == "true"
    else:
        raise _bad(f"Invalid patch path {patch['path']}")


def _shown(record: Record) -> Record:
    return {name: value for name, value in record.items() if name not in _OF_APIS}


def _found(records: Mapping[str, Record], name: str, kind: str) -> Record:
    if name not in records:
        message = f"Invalid identifier specified for {kind}: {name}"
        raise _RefusedError(HTTPStatus.NOT_FOUND, "NotFoundException", message)
    return records[name]


def _bad(message: str) -> _RefusedError:
    return _RefusedError(HTTPStatus.BAD_REQUEST, "BadRequestException", message)


def _new_id() -> str:
    return secrets.token_hex(5)
