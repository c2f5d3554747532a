"""Patterns of contracts compiled by RE2, as DuckDB's `regexp_full_match` does it.

RE2 never backtracks: its time grows with the text, whatever the pattern.
Source: https://github.com/google/re2/wiki/WhyRE2
"""

from functools import cache

import re2

from pipeline.text.row_judge import Pattern

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


@cache
def compiled(pattern: str) -> Pattern:
    """Return a portable pattern (see `pipeline.contracts.patterns`), ready to match."""
    expression: Pattern = re2.compile(pattern, _OPTIONS)
    return expression
