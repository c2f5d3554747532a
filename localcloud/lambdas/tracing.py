"""The trace that an invocation is, for whoever keeps traces."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Protocol, Self

from localcloud.lambdas.function import FunctionVersion


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """One trace, with one segment of Lambda's."""

    id: str
    segment_id: str
    began: float
    """Seconds since 1970."""
    kept: bool

    @classmethod
    def of(cls, function: FunctionVersion) -> Self:
        """A new trace, which begins now; it is kept if the function is traced actively."""
        began = time.time()
        return cls(
            id=f"1-{int(began):08x}-{secrets.token_hex(12)}",
            segment_id=secrets.token_hex(8),
            began=began,
            kept=function.traced,
        )

    @property
    def header(self) -> str:
        """As the function is told of it.

        Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
        """
        return f"Root={self.id};Parent={self.segment_id};Sampled={int(self.kept)}"


class Tracer(Protocol):
    """Who keeps traces."""

    def begin(self, trace: Trace) -> None:
        """An invocation begins."""

    def end(
        self,
        trace: Trace,
        function: FunctionVersion,
        *,
        request_id: str,
        ended: float,
        failed: bool,
    ) -> None:
        """It has ended, at this second since 1970."""

    @property
    def daemon_address(self) -> str:
        """Where functions send subsegments."""


class _Untraced:
    daemon_address = "127.0.0.1:2000"

    def begin(self, trace: Trace) -> None:
        """Nobody keeps it."""

    def end(
        self,
        trace: Trace,
        function: FunctionVersion,
        *,
        request_id: str,
        ended: float,
        failed: bool,
    ) -> None:
        """Nobody keeps it."""


UNTRACED: Tracer = _Untraced()
