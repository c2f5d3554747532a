"""`sluice --local` where no cloud is up: each command starts one, and the next goes on with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.cloud import ROOT

PARTS = ("functions", "glue_jobs", "sample_data", "statemachine", "template.yaml")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SLUICE_"))}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for part in PARTS:
        (tmp_path / part).symlink_to(ROOT / part)
    return tmp_path


def sluice(checkout: Path, *words: str, code: int = 0) -> Any:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("sluice")), "--local", *words, "--json"],
        cwd=checkout,
        env={**CLEAN, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def test_a_run_that_waits_outlives_the_command_and_its_cloud(checkout: Path) -> None:
    waiting = sluice(checkout, "run", "sample_data/customers_dirty.csv", code=3)
    assert waiting["status"] == "WAITING"
    decided = sluice(checkout, "approvals", "approve", "latest")
    assert decided["run"]["status"] == "LOADED"
    assert len(sluice(checkout, "items", "customers")) == decided["run"]["counts"]["loaded"]
    leftovers = {path.name for path in (checkout / ".sluice").iterdir()}
    assert {name for name in leftovers if name.startswith("cloud")} == set()


def test_a_fresh_cloud_starts_empty_and_keeps_nothing(checkout: Path) -> None:
    done = sluice(checkout, "run", "sample_data/addresses.csv", "--fresh")
    assert (done["status"], done["counts"]["loaded"]) == ("LOADED", 10)
    assert not (checkout / ".sluice" / "data").exists()
