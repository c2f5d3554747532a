"""Whether the policies of a user allow what the user asks of AWS.

Judged are users whom a policy was attached to: so somebody can try what a policy is good for,
while users without one stand for people who may do everything. Groups are not asked.
"""

from __future__ import annotations

import sys
from typing import Any

from localcloud.calls import described
from localcloud.faults.errors import ServiceError
from localcloud.http.callers import KEY_ID
from localcloud.http.wsgi import Environ
from localcloud.permissions.refusing import documents_of, refusal
from localcloud.permissions.roles import JUDGED
from localcloud.services import service_of

ALSO_JUDGED = frozenset({"athena", "cloudformation", "logs", "monitoring", "xray"})
"""By their actions only: how these services name a resource is not known here."""


class UserPermissions:
    """Refuses what a user's policies do not allow."""

    def __init__(self, *, account: str, region: str) -> None:
        self._account = account
        self._region = region

    def refusal(self, environ: Environ) -> tuple[str, ServiceError] | None:
        """The service and the error that AWS answers; None if the request is allowed."""
        service = service_of(environ)
        if service not in JUDGED | ALSO_JUDGED:
            return None
        user = self._user_with(str(environ.get(KEY_ID, "")))
        documents = list(documents_of(user)) if user is not None else []
        if not documents:
            return None
        account = f"{self._region}:{self._account}"
        refused = refusal(described("", environ), documents, who=str(user.arn), account=account)
        return None if refused is None else (service, refused)

    def _user_with(self, key_id: str) -> Any:
        iam: Any = sys.modules.get("moto.iam.models")
        if iam is None:
            return None
        backend = iam.iam_backends[self._account]["aws"]
        key = backend.access_keys.get(key_id)
        return backend.users.get(key.user_name) if key is not None else None
