"""Where every timestamp of the functions comes from."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline import timestamps


def now() -> str:
    """Return the current time, ISO 8601 UTC with milliseconds."""
    return timestamps.to_text(datetime.now(UTC))
