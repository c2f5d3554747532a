"""Functions that may be invoked soon: each is initialised once, before it is needed.

Lambda does so too, when it sees fit; a handler cannot tell.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from localcloud.lambdas.function import FunctionVersion

AT_ONCE = 2
"""Functions initialised beside one another: each takes a processor, and whoever expects them is at
work as well."""


class Preparation:
    """Prepares functions on threads of its own, which start when there are any."""

    def __init__(
        self,
        prepare: Callable[[str], None],
        *,
        named_by: Callable[[str], Iterable[str]],
        at_once: int = AT_ONCE,
    ) -> None:
        """`prepare` blocks until the function of that name is ready.

        `named_by` tells which functions the state machine of an ARN names; none for other texts.
        """
        self._prepare = prepare
        self._named_by = named_by
        self._lock = threading.Lock()
        self._expected: set[str] = set()
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="lambda-preparation")

    def expect(self, names: Iterable[str]) -> None:
        """Prepare what was never expected before, in this order; returns at once."""
        with self._lock, contextlib.suppress(RuntimeError):  # it is closed
            for name in names:
                if name not in self._expected:
                    self._expected.add(name)
                    self._threads.submit(self._prepare, name)

    def expect_started_by(self, function: FunctionVersion) -> None:
        """A function that knows the ARN of a state machine may be about to start an execution."""
        for value in function.environment.values():
            self.expect(self._named_by(value))

    def close(self) -> None:
        """Prepare no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
