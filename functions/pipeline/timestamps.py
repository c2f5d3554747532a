"""One form for every timestamp: ISO 8601, UTC, milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def to_text(moment: datetime) -> str:
    """Return `moment` as text; such texts sort as the moments do.

    >>> to_text(datetime(2026, 7, 1, 9, 30, 0, 1_999, tzinfo=UTC))
    '2026-07-01T09:30:00.001Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Return the moment that `to_text` wrote.

    >>> from_text("2026-07-01T09:30:00.001Z")
    datetime.datetime(2026, 7, 1, 9, 30, 0, 1000, tzinfo=datetime.timezone.utc)

    Raises:
        ValueError: `text` is no ISO 8601 timestamp with a zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} does not say in which zone it is")
    return moment.astimezone(UTC)


def readable(text: str) -> str:
    """Return the timestamp as sentences for people carry it: whole seconds, in UTC.

    >>> readable("2026-07-01T09:30:00.001Z")
    '2026-07-01 09:30:00 UTC'
    """
    return f"{from_text(text):%Y-%m-%d %H:%M:%S} UTC"


def later(text: str, seconds: float) -> str:
    """Return the timestamp so many seconds after the one given.

    >>> later("2026-07-01T09:30:00.000Z", 90)
    '2026-07-01T09:31:30.000Z'
    """
    return to_text(from_text(text) + timedelta(seconds=seconds))
