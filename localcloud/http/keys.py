"""The access keys of one start: random, so that only who was handed one can call.

The owner's key stands in the exports; each function has a key of its own, which follows from the
owner's secret; users and roles have what IAM and STS gave them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from localcloud.http.callers import OWNER_PREFIX, access_key_id, function_with


@dataclass(frozen=True, slots=True)
class AccessKey:
    """What an AWS client signs with."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def random(cls) -> AccessKey:
        """A key that nobody knows yet; the id has the form of AWS's own."""
        number = base64.b32encode(secrets.token_bytes(10)).decode()
        return cls(OWNER_PREFIX + number, secrets.token_urlsafe(30))


class Keys:
    """Every access key that opens one local cloud."""

    def __init__(self, *, account: str, owner: AccessKey) -> None:
        self.owner = owner
        self._account = account

    def of_function(self, name: str) -> AccessKey:
        """The key of a function's workers."""
        key_id = access_key_id(name)
        digest = hmac.new(self.owner.secret.encode(), key_id.encode(), hashlib.sha256)
        return AccessKey(key_id, digest.hexdigest())

    def secret_of(self, key_id: str) -> str | None:
        """The secret that belongs to an access key id; None if this is no key of this cloud."""
        if key_id == self.owner.id:
            return self.owner.secret
        if name := function_with(key_id):
            return self.of_function(name).secret
        secrets_given = (key.secret_access_key for _, key in _given_out(key_id) if _works(key))
        return next(secrets_given, None)

    def account_of(self, key_id: str) -> str:
        """The account of an access key: another than this one's for roles that lie there."""
        return next((account for account, _ in _given_out(key_id)), self._account)


def _given_out(key_id: str) -> Iterator[tuple[str, Any]]:
    """Yield account and key if CreateAccessKey or AssumeRole has answered with it."""
    iam: Any = sys.modules.get("moto.iam.models")
    for account, backends in list(iam.iam_backends.items()) if iam else ():
        key = backends["aws"].access_keys.get(key_id)
        if key is not None:
            yield account, key


def _works(key: Any) -> bool:
    return str(key.status) == "Active"
