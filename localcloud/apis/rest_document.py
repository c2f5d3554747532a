"""The OpenAPI document of a REST API: its methods, their models and what they call.

OpenAPI 3, and version 2 as the SAM transform writes it.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from localcloud.apis.openapi import INTEGRATION, Document, authorizers_of, operations_of

VALIDATOR = "x-amazon-apigateway-request-validator"
DEFAULT_MODEL = "$default"
"""The content type of a model that judges bodies of any other."""


class DocumentError(Exception):
    """The document asks for what is not served here; `str()` says what."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Method:
    """One method on one resource."""

    route_key: str
    """Such as `POST /uploads/{id}/form`."""
    uri: str
    """Of the function; may name variables of the stage."""
    needs_key: bool
    required: tuple[tuple[str, str], ...]
    """Place (`header`, `query`) and name of the parameters that have to be there."""
    models: Mapping[str, Document]
    """JSON schemas of the body by content type; empty where nothing is validated."""

    @property
    def resource(self) -> str:
        """Such as `/uploads/{id}/form`."""
        return self.route_key.partition(" ")[2]


def methods_of(document: Document) -> list[Method]:
    """The methods of an API.

    Raises:
        DocumentError: an integration or an authorization that is not served here.
    """
    return [
        _method(document, f"{verb} {path}", operation)
        for verb, path, operation in operations_of(document)
    ]


def _method(document: Document, key: str, operation: Document) -> Method:
    integration = operation.get(INTEGRATION, {})
    if integration.get("type", "").lower() != "aws_proxy":
        raise DocumentError(f"{key} has no integration of the type aws_proxy")
    schemes = authorizers_of(operation)
    if foreign := schemes - {"api_key"}:
        raise DocumentError(f"{key}: the authorizer {min(foreign)} is not supported")
    validator = _validator(document, operation)
    return Method(
        route_key=key,
        uri=integration["uri"],
        needs_key="api_key" in schemes,
        required=tuple(_required(operation)) if validator.get("validateRequestParameters") else (),
        models=_models(document, operation) if validator.get("validateRequestBody") else {},
    )


def _validator(document: Document, operation: Document) -> Document:
    name = operation.get(VALIDATOR, document.get(VALIDATOR))
    found: Document = document.get(f"{VALIDATOR}s", {}).get(name, {})
    return found


def _required(operation: Document) -> Iterator[tuple[str, str]]:
    for parameter in operation.get("parameters", ()):
        if parameter.get("required") and parameter["in"] in ("header", "query"):
            yield parameter["in"], parameter["name"]


def _models(document: Document, operation: Document) -> dict[str, Document]:
    """Each schema with all definitions, so that its references lead somewhere."""
    known = {name: document[name] for name in ("components", "definitions") if name in document}
    content = operation.get("requestBody", {}).get("content", {})
    found = {kind.lower(): media["schema"] for kind, media in content.items() if "schema" in media}
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "body":
            kinds = operation.get("consumes", document.get("consumes", ["application/json"]))
            found |= {kind.lower(): parameter["schema"] for kind in kinds}
    return {kind: {**known, **schema} for kind, schema in found.items()}
