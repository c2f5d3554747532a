"""moto compiles, for each operation of a REST service, functions that write URLs: nothing asks.

Here they are left out: for Lambda and the API Gateways, that is a tenth of a second of the start.
"""

from __future__ import annotations

from typing import Any

from moto.core.routing import SmithyRule


def read_only() -> None:
    """Let rules read URLs and write none."""
    rule: Any = SmithyRule
    rule._compile_builder = _no_builder  # noqa: SLF001


def _no_builder(_rule: SmithyRule, _append_unknown: bool = True) -> Any:
    def build(*_: Any) -> Any:
        raise NotImplementedError("these rules only read URLs")

    return build
