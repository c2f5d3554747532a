"""Timestamps of the States Language: RFC 3339 with an upper-case T and a zone.

Source: https://states-language.net/spec.html#timestamps
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_TIMESTAMP: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{1,9})?(?:(Z)|([+-])(\d{2}):(\d{2}))", re.ASCII
)


def parse_timestamp(text: object) -> float | None:
    """Seconds since the epoch, or None when the text is no timestamp.

    >>> parse_timestamp("1970-01-01T01:00:00.5+01:00"), parse_timestamp("1970-01-01 01:00:00Z")
    (0.5, None)
    """
    found = _TIMESTAMP.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    whole, fraction, zulu, sign, hours, minutes = found.groups()
    try:
        zone = UTC if zulu else timezone(_offset(sign, hours, minutes))
        moment = datetime.fromisoformat(whole).replace(tzinfo=zone)
    except ValueError:
        return None
    return moment.timestamp() + float(fraction or 0)


def _offset(sign: str, hours: str, minutes: str) -> timedelta:
    size = timedelta(hours=int(hours), minutes=int(minutes))
    return -size if sign == "-" else size
