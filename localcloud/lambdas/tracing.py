"""The trace that an invocation is."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any, Self

from localcloud.lambdas.function import FunctionVersion


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """One trace, with one segment of Lambda's; it is kept if the function is traced actively."""

    id: str
    segment_id: str
    began: float
    """Seconds since 1970."""
    function: FunctionVersion

    @classmethod
    def of(cls, function: FunctionVersion) -> Self:
        """A new trace, which begins now."""
        began = time.time()
        return cls(
            id=f"1-{int(began):08x}-{secrets.token_hex(12)}",
            segment_id=secrets.token_hex(8),
            began=began,
            function=function,
        )

    @property
    def header(self) -> str:
        """As the function is told of it.

        Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
        """
        return f"Root={self.id};Parent={self.segment_id};Sampled={int(self.function.traced)}"

    def segment(self, *, request_id: str, failed: bool) -> dict[str, Any]:
        """The segment as Lambda writes it, of an invocation that ends now."""
        return {
            "id": self.segment_id,
            "trace_id": self.id,
            "name": self.function.name,
            "origin": "AWS::Lambda::Function",
            "start_time": self.began,
            "end_time": time.time(),
            "resource_arn": self.function.arn,
            "aws": {"function_arn": self.function.arn, "request_id": request_id},
            **({"fault": True} if failed else {}),
        }
