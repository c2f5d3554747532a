"""An executor is killed in the middle: the run ends as if nothing had happened (`make proof`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.conversion.reference_conversion import converted, manifest_for
from tests.unit.conversion.test_repeats_in_many_splits import contract

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.skipif("PROOF" not in os.environ, reason="takes a minute: make proof"),
]

DRIVER = """
import json, os, signal, sys, threading
from pathlib import Path
from pyspark import SparkConf, SparkContext
from conversion.archive import archive_name, engine_archive
from glue_jobs.csv_to_json import convert_on, load_engine

folder = Path(sys.argv[1])
conf = SparkConf().setMaster("local-cluster[2,1,1024]").setAppName("lost").setAll([
    ("spark.ui.enabled", "false"), ("spark.driver.host", "127.0.0.1"),
    ("spark.driver.bindAddress", "127.0.0.1"), ("spark.executor.memory", "512m"),
    ("spark.eventLog.enabled", "true"), ("spark.eventLog.dir", (folder / "events").as_uri()),
    ("spark.eventLog.rolling.enabled", "false"), ("spark.eventLog.compress", "false"),
])
context = SparkContext(conf=conf)
context.setLogLevel("ERROR")
archive = engine_archive()
path = folder / archive_name(archive)
path.write_bytes(archive)
context.addPyFile(str(load_engine(path.as_uri(), folder)))
valid, killed = folder / "out" / "valid", []

def executors():
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                words = Path(f"/proc/{entry}/cmdline").read_bytes().split(b"\\0")
                environment = Path(f"/proc/{entry}/environ").read_bytes()
            except OSError:
                continue
            is_ours = os.environ["SLUICE_TEST"].encode() in environment
            is_java = words[0].endswith(b"java")
            if is_ours and is_java and any(b"CoarseGrainedExecutor" in word for word in words):
                yield int(entry)

def kill():
    while len(list(valid.glob("*"))) < 20:
        threading.Event().wait(0.05)
    victim = min(executors())
    killed.append(victim)
    os.kill(victim, signal.SIGKILL)

threading.Thread(target=kill, daemon=True).start()
manifest = json.loads((folder / "manifest.json").read_text())
convert_on(context, manifest, (folder / "out").as_uri() + "/")
print(json.dumps({"killed": killed}))
context.stop()
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tasks:
    """What Spark's event log tells of the tasks of a job."""

    attempts: Counter[tuple[int, int]]
    """By shuffle stage or stage of results, and by partition, how often a task was begun."""
    on_lost: frozenset[tuple[int, int]]
    """Those of which an attempt was on the executor that was lost."""


def tasks_in(folder: Path) -> Tasks:
    (path,) = folder.iterdir()
    events = [json.loads(line) for line in path.read_text().splitlines()]
    lost = {e["Executor ID"] for e in events if e["Event"] == "SparkListenerExecutorRemoved"}
    begun = [e for e in events if e["Event"] == "SparkListenerTaskStart"]
    places = [((e["Stage ID"], e["Task Info"]["Partition ID"]), e["Task Info"]) for e in begun]
    return Tasks(
        attempts=Counter(place for place, _ in places),
        on_lost=frozenset(place for place, info in places if info["Executor ID"] in lost),
    )


def test_a_killed_executor_costs_its_tasks_and_no_more(tmp_path: Path) -> None:
    rows = "".join(f"{n % 1500},m{n % 1700},k{n % 5},x\n" for n in range(2000))
    source = tmp_path / "a.csv"
    source.write_text("id,mail,kind,v\n" + rows)
    manifest = manifest_for(contract(5, "last"), [source], rows_per_part=50, split_bytes=2000)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "events").mkdir()
    expected = converted(manifest, threads=2)
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={
            **os.environ,
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": f"{root}:{root / 'functions'}",
            "SLUICE_TEST": tmp_path.name,
        },
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert len(json.loads(done.stdout.splitlines()[-1])["killed"]) == 1
    out = tmp_path / "out"
    stored = {
        str(path.relative_to(out)): path.read_bytes()
        for kind in ("valid", "rejected", "rejected_csv")
        for path in (out / kind).iterdir()
    }
    assert stored == expected.storage.objects
    report = json.loads((out / "report.json").read_text())
    listed = [json.loads((out / "parts.json").read_text())]
    listed += [report["rejected_parts"], report["rejected_csv"]]
    assert stored.keys() == {part["key"] for parts in listed for part in parts}
    tasks = tasks_in(tmp_path / "events")
    again = {place for place, attempts in tasks.attempts.items() if attempts > 1}
    assert again
    assert again <= tasks.on_lost
