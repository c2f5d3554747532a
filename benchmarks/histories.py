"""How long a full history takes to read, and how long others wait for the local cloud meanwhile.

    python -m benchmarks.histories

A history of 25,000 events, the most there can be, is read by boto3 in pages of 100 and of 1,000,
from either end.  Meanwhile another client asks who it is, again and again.
"""

from __future__ import annotations

import json
import statistics
import threading
import time
from typing import Any

from benchmarks.cloud import Started, line, ours, processor_seconds
from benchmarks.states import ROLE, loop

PAGES = (100, 1_000)
ROUNDS = 10_000
"""More than fit: the execution ends when its history is full."""
PAUSE_SECONDS = 0.005


def main() -> None:
    """Print a table."""
    line("reading a full history", "seconds", "server's CPU", "others, median", "p99", "longest")
    with ours("empty") as cloud:
        full = full_history(cloud.client("stepfunctions"))
        for newest_first in (False, True):
            for size in PAGES:
                measure(cloud, full, size=size, newest_first=newest_first)


def full_history(states: Any) -> str:
    """The ARN of an execution that has as many events as one may have."""
    machine = states.create_state_machine(
        name="full", definition=json.dumps(loop(ROUNDS)), roleArn=ROLE
    )
    started = states.start_execution(stateMachineArn=machine["stateMachineArn"], input='{"n": 0}')
    arn = str(started["executionArn"])
    while states.describe_execution(executionArn=arn)["status"] == "RUNNING":
        time.sleep(0.1)
    return arn


def measure(cloud: Started, arn: str, *, size: int, newest_first: bool) -> None:
    """Read the history once and print how it went."""
    pages = cloud.client("stepfunctions").get_paginator("get_execution_history")
    waits: list[float] = []
    before, done = processor_seconds(cloud.process), threading.Event()
    other = threading.Thread(target=ask_meanwhile, args=(cloud, waits, done))
    other.start()
    began = time.monotonic()
    events = sum(
        len(page["events"])
        for page in pages.paginate(
            executionArn=arn, reverseOrder=newest_first, PaginationConfig={"PageSize": size}
        )
    )
    elapsed, used = time.monotonic() - began, processor_seconds(cloud.process) - before
    done.set()
    other.join()
    order = "newest first" if newest_first else "oldest first"
    line(
        f"{events:,} events in pages of {size:,}, {order}",
        f"{elapsed:.2f} s",
        f"{used:.2f} s",
        f"{statistics.median(waits):.1f} ms",
        f"{statistics.quantiles(waits, n=100)[-1]:.1f} ms",
        f"{max(waits):.1f} ms",
    )


def ask_meanwhile(cloud: Started, waits: list[float], done: threading.Event) -> None:
    """Collect the milliseconds of small requests until it is done."""
    sts = cloud.client("sts")
    sts.get_caller_identity()
    while not done.is_set():
        began = time.monotonic()
        sts.get_caller_identity()
        waits.append(1000 * (time.monotonic() - began))
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
