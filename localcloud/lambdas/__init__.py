"""Lambda for the local cloud: the real handlers, each in a process of its own.

Moto keeps the functions; a zygote forks workers that run AWS's runtime client; each worker does
one invocation at a time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from localcloud.clock import Clock
from localcloud.http.keys import AccessKey
from localcloud.lambdas.asynchronous import AsyncInvocations
from localcloud.lambdas.destinations import sender
from localcloud.lambdas.moto_api import attach
from localcloud.lambdas.moto_registry import MotoRegistry, async_settings
from localcloud.lambdas.pool import WorkerPool
from localcloud.lambdas.preparation import Preparation
from localcloud.lambdas.reply import (
    InvocationRefusedError,
    LambdaReply,
    ThrottledError,
    UnknownFunctionError,
)
from localcloud.lambdas.service import LambdaService, Meter
from localcloud.xray import XRay

__all__ = [
    "InvocationRefusedError",
    "LambdaReply",
    "Lambdas",
    "ThrottledError",
    "UnknownFunctionError",
]


class Lambdas:
    """The running service; from its construction on, moto's Lambda API runs functions by it."""

    def __init__(
        self,
        *,
        clock: Clock,
        account: str,
        region: str,
        endpoint_url: str,
        access_key: Callable[[str], AccessKey],
        client: Callable[[str], Any],
        named_by: Callable[[str], Sequence[str]],
        meter: Meter,
        xray: XRay,
    ) -> None:
        """Ready to start workers.

        `endpoint_url` is what they get as `AWS_ENDPOINT_URL`; `access_key` gives what the
        function of that name signs with; `client` makes boto3 clients, for dead-letter queues and
        destinations; `named_by` tells which functions the state machine of that ARN names;
        `meter` counts invocations, `xray` keeps their traces.
        """
        self._registry = MotoRegistry(account=account, region=region)
        self._preparation = Preparation(self._prepare, named_by=named_by)
        self._pool = WorkerPool(
            endpoint_url=endpoint_url,
            access_key=access_key,
            starts_cold=self._preparation.expect_started_by,
            xray_daemon=xray.daemon_address,
        )
        self._service = LambdaService(self._registry, self._pool, meter, xray.store)
        self._asynchronous = AsyncInvocations(
            self._service.run,
            clock=clock,
            settings=lambda function: async_settings(function, account=account),
            send=sender(client),
        )
        attach(self._service, self._asynchronous)

    def get_ready(self) -> None:
        """Have workers start fast from now on; returns at once."""
        self._pool.get_ready()

    def expect(self, names_or_arns: Sequence[str]) -> None:
        """Prepare workers of functions that may be invoked soon, in this order; returns at once."""
        self._preparation.expect(names_or_arns)

    def _prepare(self, name_or_arn: str) -> None:
        with contextlib.suppress(UnknownFunctionError, OSError):  # it only saves time
            self._pool.prepare(self._registry.find(name_or_arn, None))

    def invoke(self, name_or_arn: str, payload: bytes) -> LambdaReply:
        """Run a function (name or ARN, with or without version or alias) and wait.

        Raises:
            UnknownFunctionError: a `LookupError`; there is no such function.
            ThrottledError: reserved concurrency is used up.
        """
        return self._service.invoke(name_or_arn, payload)

    def invoke_async(self, name_or_arn: str, payload: bytes) -> str:
        """Accept an event, as `InvocationType=Event` does; the request id.

        Raises:
            UnknownFunctionError: a `LookupError`; there is no such function.
        """
        return self._asynchronous.submit(self._registry.find(name_or_arn, None), payload)

    def close(self) -> None:
        """Kill all workers."""
        self._preparation.close()
        self._pool.close()
