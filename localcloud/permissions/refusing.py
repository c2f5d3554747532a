"""The error that AWS answers to a call which no policy allows.

Of conditions only that on leading keys is judged; other conditions of an Allow are taken as met,
a Deny with one as not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from localcloud.calls import FunctionCall
from localcloud.faults.errors import ServiceError
from localcloud.permissions.judge import Need, Statement, UnjudgedError, needs, statements_of


def refusal(
    call: FunctionCall, documents: Iterable[Mapping[str, Any]], *, who: str, account: str
) -> ServiceError | None:
    """None if the policies allow the call, or the judge does not know its operation.

    `account` is region and account, as they stand in ARNs.
    """
    if not call.operation:
        return None
    try:
        wanted = needs(asdict(call), account=account, machine_arn="*")
    except KeyError:
        return None
    missing = next(_not_allowed(wanted, list(_statements(documents))), None)
    return None if missing is None else _error(call, missing, who)


def documents_of(principal: Any) -> Iterator[dict[str, Any]]:
    """The policies of a role or user as moto keeps it: its own and those attached to it."""
    yield from map(_document, principal.policies.values())
    for policy in principal.managed_policies.values():
        for version in policy.versions:
            if version.version_id == policy.default_version_id:
                yield _document(version.document)


def _document(text: str) -> dict[str, Any]:
    """A policy's document, which is kept as text or percent-encoded."""
    document: dict[str, Any] = json.loads(text if text.lstrip().startswith("{") else unquote(text))
    return document


def _not_allowed(wanted: Iterable[Need], statements: list[Statement]) -> Iterator[Need]:
    for need in wanted:
        if need.resource == "*":  # a token's state machine, which the token hides
            allowed = any(statement.names(need.action) for statement in statements)
        else:
            allowed = any(statement.allows(need) for statement in statements)
        if not allowed:
            yield need


def _statements(documents: Iterable[Mapping[str, Any]]) -> Iterator[Statement]:
    for document in documents:
        found = document["Statement"]
        for statement in found if isinstance(found, list) else [found]:
            yield from _understood(statement)


def _understood(statement: Mapping[str, Any]) -> Iterator[Statement]:
    try:
        yield from statements_of({"Statement": statement})
    except UnjudgedError:
        if statement["Effect"] == "Allow":
            rest = {name: statement[name] for name in statement if name != "Condition"}
            yield from statements_of({"Statement": rest})


def _error(call: FunctionCall, missing: Need, who: str) -> ServiceError:
    """In the words of AWS.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    message = (
        f"User: {who} is not authorized to perform: {missing.action} on resource: "
        f"{missing.resource} because no identity-based policy allows the {missing.action} action"
    )
    if call.service == "s3":
        return ServiceError("AccessDenied", HTTPStatus.FORBIDDEN, message)
    if call.service in ("sns", "sqs"):
        return ServiceError("AuthorizationError", HTTPStatus.FORBIDDEN, message)
    return ServiceError("AccessDeniedException", HTTPStatus.BAD_REQUEST, message)
