"""`sluice backfill` on moto, with a Start Runs that claims what it is given."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from sluice.runs import backfills
from sluice.stack.cloud import Cloud

Sluice = Callable[..., Result]
Record = Callable[..., None]


LOAD = {
    "decision": "load",
    **dict.fromkeys(("run_id", "report_sha256", "contract_version", "at"), "x"),
}


class StartRuns:
    """Lambda's client: each call becomes one run that settles its files at once."""

    def __init__(self, record: Record, *, dies_after: int | None = None) -> None:
        self._record = record
        self._dies_after = dies_after
        self.calls: list[list[str]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "start-runs"
        if len(self.calls) == self._dies_after:
            raise KeyboardInterrupt
        files = json.loads(Payload)["files"]
        run_id = f"r{len(self.calls)}"
        for file in files:
            self._record(
                f"FILE#landing#{file['version_id']}#{file['key']}",
                "CLAIM",
                owner="arn",
                run_id=run_id,
                dataset="customers",
                state="SETTLED",
            )
        self.calls.append([file["key"] for file in files])
        started = [{"run_id": run_id, "execution_arn": "arn", "dataset": "d", "files": len(files)}]
        return {"Payload": io.BytesIO(json.dumps({"started": started}).encode())}


@pytest.fixture
def folder(cloud: Cloud) -> list[str]:
    """120 old files; the keys of the landing zone below it."""
    keys = [f"incoming/customers/2019/{number:03}.csv" for number in range(120)]
    for key in [*keys, "incoming/customers/2020/a.csv", "incoming/customers/2019/"]:
        cloud.s3.put_object(Bucket="landing", Key=key, Body=b"" if key.endswith("/") else b"1")
    return keys


def test_the_plan_comes_first_and_starts_nothing(sluice: Sluice, folder: list[str]) -> None:
    result = sluice("backfill", "incoming/customers/2019/", "--json")
    assert result.exit_code == 0, result.stderr
    planned = {"files": 120, "size_bytes": 120, "runs": 3, "taken": 0, "left_alone": 0}
    assert json.loads(result.stdout) == planned
    assert "--yes" in result.stderr
    assert folder


@pytest.mark.parametrize(
    ("verdict", "files"),
    [
        pytest.param({}, 0, id="it failed too often"),
        pytest.param({"verdict": LOAD}, 1, id="it is to be loaded"),
    ],
)
def test_a_file_that_failed_three_times_waits_only_if_it_is_to_be_loaded(
    sluice: Sluice, cloud: Cloud, record: Record, verdict: dict[str, Any], files: int
) -> None:
    key = "incoming/customers/2019/a.csv"
    version = cloud.s3.put_object(Bucket="landing", Key=key, Body=b"1")["VersionId"]
    failed = {"state": "FAILED", "failures": 3, "owner": "arn"}
    known = {"run_id": "r", "dataset": "customers"}
    record(f"FILE#landing#{version}#{key}", "CLAIM", **failed, **known, **verdict)
    planned = json.loads(sluice("backfill", "incoming/customers/2019/", "--json").stdout)
    assert (planned["files"], planned["taken"]) == (files, 1 - files)


def test_after_a_break_the_same_command_goes_on(
    sluice: Sluice, cloud: Cloud, folder: list[str], record: Record
) -> None:
    words = ("backfill", "incoming/customers/2019/", "--yes", "--rate", "100000")
    first = StartRuns(record, dies_after=1)
    cloud.functions = first  # type: ignore[assignment]
    assert sluice(*words).exit_code != 0
    second = StartRuns(record)
    cloud.functions = second  # type: ignore[assignment]
    assert sluice(*words).stdout.split() == ["r0", "r1"]
    assert [key for call in first.calls + second.calls for key in call] == folder


def test_no_more_runs_are_open_than_asked_for_and_files_keep_the_rate(
    cloud: Cloud, folder: list[str], record: Record
) -> None:
    def open_run(**more: Any) -> None:
        record("RUN#other", "RUN", run_id="other", status="RUNNING", **more)

    open_run(open="RUN", open_since="2026-01-01T00:00:00.000Z")
    cloud.functions = StartRuns(record)  # type: ignore[assignment]
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        open_run()

    planned = backfills.plan(cloud, "incoming/customers/2019/")
    started = list(backfills.carry_out(cloud, planned, rate=10, in_flight=1, pause=pause))
    assert len(started) == 3
    assert pauses == [cloud.poll_seconds, 5.0, 5.0, 2.0]
    assert folder


def test_a_prefix_outside_the_landing_zone_is_refused(sluice: Sluice) -> None:
    assert sluice("backfill", "archive/").exit_code == 2
