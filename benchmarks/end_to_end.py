"""A generated customers file through the whole local cloud: what it takes, and what it keeps.

    python -m benchmarks.end_to_end [--rows N] [--glue]

Starts a local cloud of its own, drops one file into the landing zone, waits until its run has
ended, and holds the table, the buckets and the run's record against the file. `--glue` sends the
file to the Spark job instead of the small path. Seconds are those of the execution's history;
memory is resident memory, which forked workers share in part. It fails if a promise is broken.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import boto3
import psutil

ROOT = Path(__file__).parent.parent
KEY = ("customer_id", "customer_mail")
COLUMNS = (*KEY, "name", "address", "profession", "signed_on", "credit_limit", "newsletter")
KEYS_PER_REQUEST = 100
SAMPLE_SECONDS = 0.25
LONGEST_SECONDS = 3_600
MEGABYTE = 1 << 20

Row = dict[str, str]


# ---- the file


def rows_of(count: int) -> Iterator[Row]:
    """Customers with distinct keys, all of them valid."""
    for number in range(1, count + 1):
        yield {
            "customer_id": f"C{number:06}",
            "customer_mail": f"zoë.lovelace{number}@example.com",
            "name": "Zoë Lovelace",
            "address": f"{number} Middlefield Road, Redwood City, CA",
            "profession": "Carpenter, self-employed" if number % 3 else "",
            "signed_on": f"20{number % 20:02}-0{number % 9 + 1}-{number % 28 + 1:02}",
            "credit_limit": f"{number % 10_000}.{number % 9 + 1}",
            "newsletter": "true" if number % 2 else "false",
        }


def file_of(rows: Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def wanted(row: Row) -> dict[str, Any]:
    """The item that a row has to become."""
    item: dict[str, Any] = {name: text for name, text in row.items() if text}
    item["credit_limit"] = Decimal(row["credit_limit"])
    item["newsletter"] = row["newsletter"] == "true"
    return item


# ---- the cloud


@dataclass(frozen=True)
class Cloud:
    """A running local cloud with the template deployed."""

    pid: int
    session: Any
    endpoint_url: str

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.endpoint_url)

    def resource(self, service: str) -> Any:
        return self.session.resource(service, endpoint_url=self.endpoint_url)

    def outputs(self) -> dict[str, str]:
        [stack] = self.client("cloudformation").describe_stacks(StackName="sluice")["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


@contextmanager
def local_cloud(home: Path, *parameters: str) -> Iterator[Cloud]:
    words = [sys.executable, "-m", "localcloud", "--template", str(ROOT / "template.yaml")]
    words += [word for parameter in parameters for word in ("--parameter", parameter)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        words, cwd=home, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield Cloud(process.pid, *_reached(process))
        finally:
            process.terminate()


def _reached(process: subprocess.Popen[str]) -> tuple[Any, str]:
    """A session and the endpoint, from the exports that end with the stack's name."""
    exports: dict[str, str] = {}
    assert process.stdout
    while "SLUICE_STACK" not in exports:
        line = process.stdout.readline()
        if not line:
            raise SystemExit("the local cloud did not start; its log above says why")
        name, _, value = line.strip().removeprefix("export ").partition("=")
        exports[name] = value
    session = boto3.Session(
        exports["AWS_ACCESS_KEY_ID"],
        exports["AWS_SECRET_ACCESS_KEY"],
        region_name=exports["AWS_DEFAULT_REGION"],
    )
    return session, exports["AWS_ENDPOINT_URL"]


# ---- memory and processor


@dataclass
class Watch:
    """What the cloud's processes had while the block ran: memory in bytes, processor seconds."""

    pid: int
    cloud: int = 0
    worker: int = 0
    workers: int = 0
    jvm: int = 0
    _spent: dict[tuple[str, int], tuple[float, float]] = field(default_factory=dict)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._look()
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def seconds(self) -> dict[str, float]:
        """Processor seconds of each kind of process since the block began."""
        self._look()
        kinds = {"cloud": 0.0, "workers": 0.0, "JVM": 0.0}
        for (kind, _), (first, last) in self._spent.items():
            kinds[kind] += last - first
        return kinds

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self._look()

    def _look(self) -> None:
        root = psutil.Process(self.pid)
        sizes = {"cloud": [self._seen(root, "cloud")], "workers": [0], "JVM": [0]}
        for child in root.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                kind = "JVM" if child.name() == "java" else "workers"
                sizes[kind].append(self._seen(child, kind))
        self.cloud = max(self.cloud, sum(sizes["cloud"]))
        self.worker = max(self.worker, *sizes["workers"])
        self.workers = max(self.workers, sum(sizes["workers"]))
        self.jvm = max(self.jvm, sum(sizes["JVM"]))

    def _seen(self, process: psutil.Process, kind: str) -> int:
        """Note what a process has spent; returns its size."""
        times = process.cpu_times()
        spent = times.user + times.system
        began = spent if not self._spent else 0.0
        first, _ = self._spent.get((kind, process.pid), (began, 0.0))
        self._spent[kind, process.pid] = first, spent
        return int(process.memory_info().rss)


# ---- the run


def execution_of(cloud: Cloud, machine: str) -> dict[str, Any]:
    """The only execution, once it has ended."""
    states, deadline = cloud.client("stepfunctions"), time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        for execution in states.list_executions(stateMachineArn=machine)["executions"]:
            if execution["status"] != "RUNNING":
                return dict(execution)
        time.sleep(SAMPLE_SECONDS)
    raise SystemExit(f"the run has not ended within {LONGEST_SECONDS} s")


def seconds_by_state(cloud: Cloud, execution: str) -> dict[str, float]:
    """How long each state of the workflow took, in the order of their beginning."""
    pages = cloud.client("stepfunctions").get_paginator("get_execution_history")
    entered: dict[str, Any] = {}
    seconds: dict[str, float] = {}
    for page in pages.paginate(executionArn=execution):
        for event in page["events"]:
            if "stateEnteredEventDetails" in event:
                entered[event["stateEnteredEventDetails"]["name"]] = event["timestamp"]
            elif "stateExitedEventDetails" in event:
                name = event["stateExitedEventDetails"]["name"]
                seconds[name] = (event["timestamp"] - entered[name]).total_seconds()
    return {name: seconds[name] for name in entered if name in seconds}


# ---- the promises


def promises(cloud: Cloud, rows: Sequence[Row], run: Mapping[str, Any]) -> dict[str, int]:
    """How often each promise was broken: zero, all of them."""
    outputs = cloud.outputs()
    table = json.loads(outputs["DatasetTables"])["CustomersTable"]
    found = dict(_items(cloud, table, rows))
    described = cloud.client("dynamodb").describe_table(TableName=table)["Table"]
    wrong = [row for row in rows if (at := _key(row)) in found and found[at] != wanted(row)]
    s3 = cloud.client("s3")
    left = s3.list_object_versions(Bucket=outputs["LandingBucketName"]).get("Versions", [])
    archived = s3.list_objects_v2(
        Bucket=outputs["WorkBucketName"], Prefix=f"archive/customers/{run['run_id']}/"
    )["KeyCount"]
    return {
        "rows lost": len(rows) - len(found),
        "rows duplicated": described["ItemCount"] - len(rows),
        "rows stale or altered": len(wrong),
        "files misplaced": len(left) + abs(1 - archived),
        "runs without notice": int(run["notice"] != "SENT"),
    }


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in KEY)


def _items(
    cloud: Cloud, table: str, rows: Sequence[Row]
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """The table's items under the keys of the rows, without what the loader notes in them."""
    dynamodb = cloud.resource("dynamodb")
    for start in range(0, len(rows), KEYS_PER_REQUEST):
        keys = [{name: row[name] for name in KEY} for row in rows[start : start + KEYS_PER_REQUEST]]
        while keys:
            reply = dynamodb.batch_get_item(RequestItems={table: {"Keys": keys}})
            for item in reply["Responses"][table]:
                yield _key(item), {name: it for name, it in item.items() if name != "_sluice"}
            keys = reply["UnprocessedKeys"].get(table, {}).get("Keys", [])


# ---- the report


def measure(count: int, *, glue: bool) -> bool:
    """Run, print the tables; whether every promise was kept."""
    rows = list(rows_of(count))
    content = file_of(rows)
    parameters = ["SmallPathMaxBytes=0"] if glue else []
    with (
        tempfile.TemporaryDirectory() as home,
        local_cloud(Path(home), *parameters) as cloud,
        Watch(cloud.pid) as watch,
    ):
        outputs, began = cloud.outputs(), time.perf_counter()
        cloud.client("s3").put_object(
            Bucket=outputs["LandingBucketName"],
            Key="incoming/customers/customers.csv",
            Body=content,
        )
        execution = execution_of(cloud, outputs["StateMachineArn"])
        elapsed, spent = time.perf_counter() - began, watch.seconds()
        name = execution["name"]
        print(f"{count:,} rows, {len(content) / MEGABYTE:.1f} MB: {execution['status']}")
        control = cloud.resource("dynamodb").Table(outputs["ControlTableName"])
        run = control.get_item(Key={"pk": f"RUN#{name}", "sk": "RUN"})["Item"]
        states = seconds_by_state(cloud, execution["executionArn"])
        _print("seconds per state", {state: f"{took:.2f}" for state, took in states.items()})
        _print(
            "", {"from drop to end": f"{elapsed:.2f}", "rows a second": f"{count / elapsed:,.0f}"}
        )
        _print("processor seconds", {kind: f"{took:.2f}" for kind, took in spent.items()})
        kinds = {"cloud": watch.cloud, "largest worker": watch.worker, "all workers": watch.workers}
        sizes = {**kinds, "JVM": watch.jvm}
        _print("peak memory, MB", {kind: f"{at / MEGABYTE:.0f}" for kind, at in sizes.items()})
        _print("counts", {kind: f"{int(value):,}" for kind, value in run["counts"].items()})
        broken = promises(cloud, rows, run)
        _print("promises broken", {promise: f"{times:,}" for promise, times in broken.items()})
    return execution["status"] == "SUCCEEDED" and not any(broken.values())


def _print(title: str, lines: Mapping[str, str]) -> None:
    if title:
        print(f"\n{title}")
    for name, value in lines.items():
        print(f"  {name:28} {value:>12}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--glue", action="store_true", help="convert by the Spark job")
    options = parser.parse_args()
    return 0 if measure(options.rows, glue=options.glue) else 1


if __name__ == "__main__":
    sys.exit(main())
