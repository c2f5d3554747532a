"""botocore looks for each of 130 former names of services in each name of an event, part by part.

Only those that the name contains can be meant: with these alone, what takes a thirtieth of a start
takes a tenth of that.
"""

from __future__ import annotations

import functools
from typing import Any

from botocore.hooks import EventAliaser


def look_for_what_is_there() -> None:
    """Leave out the names that do not occur; harmless when it has been done already."""
    aliaser: Any = EventAliaser
    whole = aliaser._alias_event_name  # noqa: SLF001
    if hasattr(whole, "__wrapped__"):
        return

    @functools.wraps(whole)
    def alias(self: Any, event_name: str) -> str:
        known: dict[str, str] = self._alias_name_cache
        if event_name not in known:
            possible = {old: new for old, new in self._event_aliases.items() if old in event_name}
            known[event_name] = whole(EventAliaser(self._emitter, possible), event_name)
        return known[event_name]

    aliaser._alias_event_name = alias  # noqa: SLF001
