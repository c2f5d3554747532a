"""Thousands of small files dropped at once, while Lambda is throttled for a while.

    python -m benchmarks.drops [--files N] [--throttled SECONDS] [--window SECONDS]

Starts a local cloud of its own, runs one file alone for comparison, drops the others from eight
threads, and waits until each lies in the archive. Prints runs, transitions, dollars beside one run
for each file, and files per second. It fails if a file is not loaded, or lies in quarantine.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sluice.runs.costs import TRANSITION, transitions
from tests.support.cloud import Cloud, started

HEADER = "id,location_id,address_1,city,state_province\n"
THROTTLE = {"service": "lambda", "operation": "Invoke", "error": "throttle", "probability": 0.5}
LOOK_SECONDS = 2.0
LONGEST_SECONDS = 7_200


def drop(cloud: Cloud, number: int) -> None:
    row = f"drop-{number:05},1,Main Street,Springfield,CA\n"
    cloud.drop("addresses", f"drop-{number:05}.csv", (HEADER + row).encode())


@contextlib.contextmanager
def throttled(cloud: Cloud, seconds: float) -> Iterator[None]:
    """Let half of all invocations be throttled for so long."""
    cloud.post("/_localcloud/faults", {"rules": [THROTTLE]})
    end = threading.Timer(seconds, cloud.post, ("/_localcloud/faults", {"rules": []}))
    end.start()
    try:
        yield
    finally:
        end.join()


def archived(cloud: Cloud, prefix: str = "archive/addresses/") -> int:
    pages = cloud.client("s3").get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=cloud.outputs["WorkBucketName"], Prefix=prefix)
    return sum(page["KeyCount"] for page in found)


def wait_for(cloud: Cloud, files: int) -> None:
    """Return once so many files are in the archive and no run goes on."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        if archived(cloud) >= files and all(e["status"] != "RUNNING" for e in cloud.executions()):
            return
        time.sleep(LOOK_SECONDS)
    raise SystemExit(f"{archived(cloud)} of {files} files are loaded after {LONGEST_SECONDS} s")


def transitions_of(cloud: Cloud, executions: list[dict[str, Any]]) -> int:
    """Transitions of these runs and of the children that their Maps started."""
    states = cloud.client("stepfunctions")
    total = sum(transitions(cloud.history(execution["name"])) for execution in executions)
    for execution in executions:
        for map_run in states.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]:
            children = states.get_paginator("list_executions").paginate(
                mapRunArn=map_run["mapRunArn"]
            )
            for child in (child for page in children for child in page["executions"]):
                history = states.get_execution_history(
                    executionArn=child["executionArn"], maxResults=1000
                )
                total += transitions(history["events"])
    return total


def dollars(state_transitions: int) -> float:
    return float(state_transitions * TRANSITION)


def measure(cloud: Cloud, files: int, throttled_seconds: float) -> bool:
    """Drop, wait, print the table; whether every file was loaded."""
    drop(cloud, 0)
    wait_for(cloud, 1)
    alone = transitions_of(cloud, cloud.executions())
    before = {execution["name"] for execution in cloud.executions()}
    began = time.perf_counter()
    with throttled(cloud, throttled_seconds), ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: drop(cloud, number), range(1, files + 1)))
        dropped = time.perf_counter() - began
    wait_for(cloud, files + 1)
    took = time.perf_counter() - began
    runs = [each for each in cloud.executions() if each["name"] not in before]
    together = transitions_of(cloud, runs)
    quarantined = archived(cloud, "quarantine/")
    lines = {
        "files": f"{files:,}",
        "dropped within, s": f"{dropped:.1f}",
        "throttled for, s": f"{throttled_seconds:.0f}",
        "loaded within, s": f"{took:.1f}",
        "files per second": f"{files / took:.1f}",
        "quarantined": f"{quarantined:,}",
        "runs": f"{len(runs):,}",
        "runs that failed": f"{sum(each['status'] != 'SUCCEEDED' for each in runs):,}",
        "transitions": f"{together:,}",
        "dollars of transitions": f"{dollars(together):.4f}",
        "with a run for each file": f"{files:,}",
        "its transitions": f"{alone * files:,}",
        "its dollars": f"{dollars(alone * files):.4f}",
    }
    for name, value in lines.items():
        print(f"  {name:28} {value:>12}", flush=True)
    loaded = {item["id"] for item in cloud.items("addresses")}
    return quarantined == 0 and len(loaded) == files + 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--throttled", type=float, default=120.0, metavar="SECONDS")
    parser.add_argument("--window", type=int, default=5, metavar="SECONDS")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        cloud = contextlib.contextmanager(started)(
            Path(home), f"DropWindowSeconds={options.window}"
        )
        with cloud as running:
            return 0 if measure(running, options.files, options.throttled) else 1


if __name__ == "__main__":
    sys.exit(main())
