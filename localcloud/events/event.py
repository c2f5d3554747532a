"""The envelope that every event on a bus wears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

Event = dict[str, Any]


def make_event(
    *,
    source: str,
    detail_type: str,
    detail: Mapping[str, Any],
    account: str,
    region: str,
    resources: Sequence[str],
    at: float,
) -> Event:
    """An event of an AWS service that happened at `at` (seconds since the epoch).

    Source: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
    """
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": timestamp(at),
        "region": region,
        "resources": list(resources),
        "detail": dict(detail),
    }


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC without fractions, as events carry it.

    >>> timestamp(0.9)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
