"""Pages of the console, and commands, with ten thousand runs in the control table.

    python -m benchmarks.console [--runs N] [--looks N]

Starts a local cloud of its own, runs one file whose rows the gate asks about, and writes the
records and claims of the other runs: a month and a half of two datasets in which one run of forty
failed. Prints the median milliseconds of each page, and the processor milliseconds that the console
and the cloud spent on it: where other programs use the machine, that is the number to compare.
It fails if a page takes longer than 300 ms of processor time.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import psutil
from flask.testing import FlaskClient

from sluice.console.app import create_app
from sluice.console.guard import Guard
from sluice.stack.cloud import connect
from sluice.terminal.clocktext import instant_text
from tests.support.cloud import ROOT, Cloud, eventually, started

DIRTY = ROOT / "sample_data" / "customers_dirty.csv"
MOST_MS = 300.0
BATCH = 25
APART = timedelta(minutes=6)
ENDS = ("FAILED", "REFUSED", "EXPIRED", "REJECTED")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Milliseconds of one look: on the clock, and of the processor."""

    wall: float
    console: float
    cloud: float


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--looks", type=int, default=7, help="at each page")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as home,
        contextlib.contextmanager(started)(Path(home)) as cloud,
    ):
        run_id, approval = asked(cloud)
        began = time.perf_counter()
        seed(cloud, options.runs, report_of(cloud, run_id))
        print(f"{options.runs:,} runs written in {time.perf_counter() - began:.0f} s", flush=True)
        return 1 if measure(cloud, run_id, approval, options.looks) > MOST_MS else 0


def asked(cloud: Cloud) -> tuple[str, str]:
    """A run at the gate, and its question."""
    cloud.drop("customers", DIRTY.name, DIRTY.read_bytes())
    [approval] = eventually(lambda: cloud.sluice("approvals"), what="a question")
    return approval["run_id"], approval["approval_id"]


def report_of(cloud: Cloud, run_id: str) -> str:
    """Where the report of a run lies."""
    return str(cloud.sluice("show", run_id)["report_uri"])


def seed(cloud: Cloud, runs: int, report_uri: str) -> None:
    """Write records and claims of so many runs, the newest of which began an hour ago."""
    newest = datetime.now(UTC) - timedelta(hours=1)
    items = [item for number in range(runs) for item in records(number, newest, report_uri, cloud)]
    batches = [items[start : start + BATCH] for start in range(0, len(items), BATCH)]
    database, table = cloud.client("dynamodb"), cloud.outputs["ControlTableName"]

    def write(batch: list[dict[str, Any]]) -> None:
        requests = [{"PutRequest": {"Item": item}} for item in batch]
        database.batch_write_item(RequestItems={table: requests})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, batches))


def records(
    number: int, newest: datetime, report_uri: str, cloud: Cloud
) -> Iterator[dict[str, Any]]:
    """The record and the claim of a run."""
    dataset = "customers" if number % 2 else "addresses"
    run_id = f"{dataset}-file-{number:05}-csv-{number:012x}"
    began = newest - number * APART
    status = ENDS[number // 40 % len(ENDS)] if number % 40 == 0 else "LOADED"
    bad = number % 9 if status == "LOADED" else 0
    key, version = f"incoming/{dataset}/file_{number:05}.csv", f"v{number}"
    counts = {"rows_in": 1_000 + number % 50, "valid": 1_000 + number % 50 - bad, "rejected": bad}
    counts["loaded"] = counts["valid"] if status == "LOADED" else 0
    file = {
        "key": {"S": key},
        "version_id": {"S": version},
        "disposition": {"S": "archived" if status == "LOADED" else "quarantined"},
    }
    yield {
        "pk": {"S": f"RUN#{run_id}"},
        "sk": {"S": "RUN"},
        "run_id": {"S": run_id},
        "dataset": {"S": dataset},
        "status": {"S": status},
        "trigger": {"S": "s3"},
        "started_at": {"S": instant_text(began)},
        "ended_at": {"S": instant_text(began + timedelta(seconds=20 + number % 30))},
        "notice": {"S": "SENT"},
        "report_uri": {"S": report_uri},
        "counts": {"M": {name: {"N": str(value)} for name, value in counts.items()}},
        "files": {"L": [{"M": file}]},
    }
    yield {
        "pk": {"S": f"FILE#{cloud.outputs['LandingBucketName']}#{version}#{key}"},
        "sk": {"S": "CLAIM"},
        "run_id": {"S": run_id},
    }


def measure(cloud: Cloud, run_id: str, approval: str, looks: int) -> float:
    """Print the table; the milliseconds of the processor that the dearest page took."""
    browser, server = signed_in(cloud), server_of(cloud)
    day = (datetime.now(UTC) - timedelta(days=9)).date().isoformat()
    pages = {
        "needs you and all runs": "/",
        "second page": older(browser, "/"),
        "runs that failed": "/?status=failed",
        "runs of a dataset": "/?dataset=customers",
        "runs of a file": "/?file=file_00042",
        "runs of a file that is not there": "/?file=nothing",
        "runs of a day": f"/?since={day}&until={day}",
        "replay what a filter shows": "/bulk?action=replay-newest&status=failed",
        "datasets": "/datasets",
        "a dataset": "/datasets/customers",
        "a run": f"/runs/{run_id}",
        "a step": f"/runs/{run_id}?step=5",
        "events of a run": f"/runs/{run_id}/events",
        "the gate": f"/approvals/{approval}",
    }
    print(f"{'':34}{'median ms':>12}{'console':>10}{'cloud':>10}   (ms of the processor)")
    dearest = 0.0
    for name, address in pages.items():
        cost = looked_at(lambda at=address: opened(browser, at), server, looks)
        dearest = max(dearest, cost.console + cost.cloud)
        print(f"{name:34}{cost.wall:12.0f}{cost.console:10.0f}{cost.cloud:10.0f}", flush=True)
    for words in (["runs"], ["runs", "--status", "FAILED"], ["show", run_id[:-6]]):
        cost = looked_at(lambda of=words: called(cloud, of), server, looks)
        name = " ".join(
            ["sluice", *words[:1], *(each for each in words[1:] if each != run_id[:-6])]
        )
        print(f"{name:34}{cost.wall:12.0f}{'':10}{cost.cloud:10.0f}", flush=True)
    return dearest


def server_of(cloud: Cloud) -> psutil.Process:
    """The process of the local cloud: the child that answers at its port."""
    port = int(cloud.environment["AWS_ENDPOINT_URL"].rpartition(":")[2])
    children = psutil.Process().children(recursive=True)
    return next(
        each for each in children if any(at.laddr.port == port for at in each.net_connections())
    )


def signed_in(cloud: Cloud) -> FlaskClient:
    """A browser that has the console's key."""
    environment = cloud.environment
    session = boto3.Session(
        environment["AWS_ACCESS_KEY_ID"],
        environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )
    guard = Guard(host="localhost")
    there = connect("sluice", session=session, endpoint_url=environment["AWS_ENDPOINT_URL"])
    browser = create_app(there, guard).test_client()
    browser.post("/session", data={"key": guard.key})
    return browser


def opened(browser: FlaskClient, address: str) -> str:
    """A page's text."""
    answer = browser.get(address)
    if answer.status_code != 200:
        raise SystemExit(f"{address}: {answer.status}\n{answer.text}")
    return answer.text


def older(browser: FlaskClient, address: str) -> str:
    """Where the next page begins."""
    before = opened(browser, address).partition('" rel="next"')[0]
    return before.rpartition('href="')[2].replace("&amp;", "&")


def called(cloud: Cloud, words: list[str]) -> None:
    """A command in a process of its own."""
    done: subprocess.CompletedProcess[str] = cloud.run("sluice", *words)
    if done.returncode:
        raise SystemExit(done.stderr)


def now(server: psutil.Process) -> tuple[float, float, float]:
    """Seconds on the clock, and of the processor, by this process and by the cloud."""
    return time.perf_counter(), time.process_time(), sum(server.cpu_times()[:2])


def looked_at(look: Callable[[], object], server: psutil.Process, looks: int) -> Cost:
    """The medians of several looks, after one that counts for nothing."""
    look()
    costs = []
    for _ in range(looks):
        before = now(server)
        look()
        costs.append([after - past for after, past in zip(now(server), before, strict=True)])
    wall, own, others = (statistics.median(each) for each in zip(*costs, strict=True))
    return Cost(wall=1000 * wall, console=1000 * own, cloud=1000 * others)


if __name__ == "__main__":
    sys.exit(main())
