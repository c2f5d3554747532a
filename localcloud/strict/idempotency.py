"""Client request tokens: the same token means the same request, and is carried out once.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = "ClientRequestToken"  # noqa: S105  the name of a parameter


class ParametersDifferError(ValueError):
    """A token came again with another request."""


class IdempotencyTokens:
    """Remembers requests that were carried out, by token."""

    def __init__(self, *, now: Callable[[], float], lifetime_seconds: float) -> None:
        self._now = now
        self._lifetime_seconds = lifetime_seconds
        self._seen: dict[str, tuple[float, str]] = {}

    def has_seen(self, request: Mapping[str, Any]) -> bool:
        """Whether this very request was carried out under its token.

        Raises:
            ParametersDifferError: another one was.
        """
        self._forget()
        known = self._seen.get(request.get(_TOKEN, ""))
        if known is None:
            return False
        if known[1] != _text(request):
            raise ParametersDifferError(
                "You have already used this token with different parameters"
            )
        return True

    def remember(self, request: Mapping[str, Any]) -> None:
        """Note that a request was carried out."""
        if token := request.get(_TOKEN):
            self._seen[token] = (self._now() + self._lifetime_seconds, _text(request))

    def _forget(self) -> None:
        now = self._now()
        self._seen = {token: seen for token, seen in self._seen.items() if seen[0] > now}


def _text(request: Mapping[str, Any]) -> str:
    return json.dumps(request, sort_keys=True)
