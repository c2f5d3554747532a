"""Filter expressions: comparisons of annotations, joined by AND.

Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
"""

from __future__ import annotations

import re
from collections.abc import Callable

from localcloud.xray.store import Trace

Matches = Callable[[Trace], bool]

_ANNOTATION = re.compile(
    r"""\s*annotation(?:\.(?P<plain>\w+)|\[(?P<quoted>[\w.]+)\])\s*=\s*"(?P<value>[^"]*)"\s*"""
)


class FilterError(ValueError):
    """The expression is not one that the local cloud understands."""


def compiled(expression: str) -> Matches:
    """Whether a trace is what the expression describes; an empty one describes all.

    Raises:
        FilterError: there is something else in it.
    """
    wanted: set[tuple[str, str]] = set()
    for clause in re.split(r"\bAND\b", expression) if expression.strip() else ():
        found = _ANNOTATION.fullmatch(clause)
        if found is None:
            raise FilterError(f"the local cloud cannot filter by {clause.strip()!r}")
        wanted.add((found["plain"] or found["quoted"], found["value"]))
    return lambda trace: wanted <= {(name, str(value)) for name, value in trace.annotations()}
