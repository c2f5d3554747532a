"""Whether the role of a function allows what the function asks of AWS.

Judged are the services below, by the policies of the role in this cloud.
"""

from __future__ import annotations

import sys
from typing import Any

from localcloud.calls import FunctionCall
from localcloud.faults.errors import ServiceError
from localcloud.permissions.refusing import documents_of, refusal

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
        role = self._role_of(call.function)
        who = f"{role.name if role is not None else 'no role'}/{call.function}"
        documents = documents_of(role) if role is not None else ()
        return refusal(call, documents, who=who, account=f"{self._region}:{self._account}")

    def _role_of(self, function: str) -> Any:
        functions: Any = sys.modules["moto.awslambda.models"].lambda_backends  # it has made a call
        arn = str(functions[self._account][self._region].get_function(function).role)
        iam: Any = sys.modules.get("moto.iam.models")
        roles = iam.iam_backends[self._account]["aws"].roles.values() if iam else ()
        return next((role for role in roles if role.arn == arn), None)
