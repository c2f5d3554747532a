"""Whether the role of a function allows what the function asks of AWS.

Judged are the services below, by the policies of the role in this cloud. Of conditions only that on
leading keys is judged; other conditions of an Allow are taken as met, a Deny with one as not.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from localcloud.calls import FunctionCall
from localcloud.faults.errors import ServiceError
from localcloud.permissions.judge import Need, Statement, UnjudgedError, needs, statements_of

JUDGED = frozenset({"dynamodb", "events", "glue", "lambda", "s3", "sns", "sqs", "states"})


class RolePermissions:
    """Refuses what a role does not allow."""

    def __init__(self, *, account: str, region: str) -> None:
        self._account = account
        self._region = region

    def refusal(self, call: FunctionCall) -> ServiceError | None:
        """The error that AWS answers; None if the call is allowed, or not judged."""
        if call.service not in JUDGED:
            return None
        try:
            wanted = needs(asdict(call), account=f"{self._region}:{self._account}", machine_arn="*")
        except KeyError:  # an operation that the judge does not know
            return None
        role = self._role_of(call.function)
        missing = next(_not_allowed(wanted, list(_statements(role))), None)
        return None if missing is None else _error(call, missing, role)

    def _role_of(self, function: str) -> Any:
        functions: Any = sys.modules["moto.awslambda.models"].lambda_backends  # it has made a call
        arn = str(functions[self._account][self._region].get_function(function).role)
        iam: Any = sys.modules.get("moto.iam.models")
        roles = iam.iam_backends[self._account]["aws"].roles.values() if iam else ()
        return next((role for role in roles if role.arn == arn), None)


def _not_allowed(wanted: Iterable[Need], statements: list[Statement]) -> Iterator[Need]:
    for need in wanted:
        if need.resource == "*":  # a token's state machine, which the token hides
            allowed = any(statement.names(need.action) for statement in statements)
        else:
            allowed = any(statement.allows(need) for statement in statements)
        if not allowed:
            yield need


def _statements(role: Any) -> Iterator[Statement]:
    for document in _documents(role):
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


def _documents(role: Any) -> Iterator[dict[str, Any]]:
    """The policies of a role, its own and those attached to it."""
    if role is None:
        return
    for text in role.policies.values():
        yield json.loads(text if text.lstrip().startswith("{") else unquote(text))
    for policy in role.managed_policies.values():
        yield json.loads(policy.document)


def _error(call: FunctionCall, missing: Need, role: Any) -> ServiceError:
    """In the words of AWS.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    name = role.name if role is not None else "no role"
    message = (
        f"User: {name}/{call.function} is not authorized to perform: {missing.action} on resource: "
        f"{missing.resource} because no identity-based policy allows the {missing.action} action"
    )
    if call.service == "s3":
        return ServiceError("AccessDenied", HTTPStatus.FORBIDDEN, message)
    if call.service in ("sns", "sqs"):
        return ServiceError("AuthorizationError", HTTPStatus.FORBIDDEN, message)
    return ServiceError("AccessDeniedException", HTTPStatus.BAD_REQUEST, message)
