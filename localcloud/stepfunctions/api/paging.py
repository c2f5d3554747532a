"""Answers in pages."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from localcloud.stepfunctions.api.errors import ApiError

T = TypeVar("T")

DEFAULT_SIZE: Final = 100
MAX_SIZE: Final = 1000


def page(rows: Sequence[T], params: Mapping[str, Any]) -> tuple[Sequence[T], dict[str, str]]:
    """The rows that `maxResults` and `nextToken` ask for, and the token of the next page.

    Raises:
        ApiError: `InvalidToken`.
    """
    size = params.get("maxResults") or DEFAULT_SIZE
    begin = _decode(params["nextToken"]) if params.get("nextToken") else 0
    end = begin + size
    following = {"nextToken": _encode(end)} if end < len(rows) else {}
    return rows[begin:end], following


def _encode(position: int) -> str:
    return base64.urlsafe_b64encode(f"from:{position}".encode()).decode()


def _decode(token: str) -> int:
    try:
        word, _, position = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if word == "from":
            return int(position)
    except ValueError:
        pass
    raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
