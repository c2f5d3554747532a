"""What OpenAPI documents of both kinds of APIs have in common: operations, and who may call them.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

INTEGRATION = "x-amazon-apigateway-integration"
_ANY_METHOD = "x-amazon-apigateway-any-method"
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", _ANY_METHOD}

Document = Mapping[str, Any]


def operations_of(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Each operation, its method (`ANY` for all) and its path.

    >>> list(operations_of({"paths": {"/a": {"post": {}, "parameters": []}}}))
    [('POST', '/a', {})]
    """
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            if method in _METHODS:
                yield "ANY" if method == _ANY_METHOD else method.upper(), path, operation


def authorizers_of(operation: Document) -> set[str]:
    """The names of the security schemes of an operation; `NONE` stands for none."""
    return {name for scheme in operation.get("security", ()) for name in scheme} - {"NONE"}
