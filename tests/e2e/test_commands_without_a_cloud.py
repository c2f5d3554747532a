"""`sluice --local` where no cloud is up: each command starts one, and the next goes on with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.cloud import DEPLOYED, ROOT, eventually, of_nobody


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for part in DEPLOYED:
        (tmp_path / part).symlink_to(ROOT / part)
    return tmp_path


def sluice(checkout: Path, *words: str, code: int = 0) -> Any:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("sluice")), "--local", *words, "--json"],
        cwd=checkout,
        env={**of_nobody(), "PYTHONPATH": str(ROOT)},
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


def begun(checkout: Path, *words: str) -> subprocess.Popen[str]:
    """A command that goes on."""
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("sluice")), *words],
        cwd=checkout,
        env={**of_nobody(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def runs(pid: int) -> bool:
    """Whether a process does anything; one without a parent may lie about for a while."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def announced(checkout: Path) -> Any:
    return json.loads((checkout / ".sluice" / "cloud.json").read_text())


def test_commands_share_one_cloud_which_ends_with_the_last_of_them(checkout: Path) -> None:
    console = begun(checkout, "--local", "console")
    assert console.stdout
    assert console.stderr
    assert ".localhost:" in console.stdout.readline()
    cloud = announced(checkout)
    assert sluice(checkout, "run", "sample_data/addresses.csv")["status"] == "LOADED"
    assert announced(checkout) == cloud
    assert runs(cloud["pid"])
    for path in (checkout / ".sluice").iterdir():
        if path.is_file() and path.stat().st_mode & 0o077:
            assert cloud["secret_access_key"] not in path.read_text()

    console.terminate()
    console.communicate(timeout=30)
    assert not runs(cloud["pid"])
    assert not list((checkout / ".sluice").glob("cloud*"))


def test_a_cloud_ends_with_the_last_command_however_that_ended(checkout: Path) -> None:
    console = begun(checkout, "--local", "console")
    assert console.stdout
    assert console.stdout.readline()
    cloud = announced(checkout)["pid"]
    console.kill()
    console.communicate(timeout=30)
    eventually(lambda: not runs(cloud), what="the end of the cloud")
    assert not (checkout / ".sluice" / "cloud.json").exists()


def test_up_keeps_its_data_and_says_so_and_a_dead_cloud_is_told(checkout: Path) -> None:
    up = begun(checkout, "up")
    assert up.stdout
    assert any("SLUICE_STACK" in line for line in up.stdout)
    assert sluice(checkout, "run", "sample_data/addresses.csv")["counts"]["loaded"] == 10
    os.kill(announced(checkout)["pid"], signal.SIGKILL)
    up.communicate(timeout=30)

    up = begun(checkout, "up")
    assert up.stdout
    assert any("SLUICE_STACK" in line for line in up.stdout)
    assert len(sluice(checkout, "items", "addresses")) == 10
    up.terminate()
    _, said = up.communicate(timeout=30)
    assert "has died" in said
    assert f"{checkout}/.sluice/data keeps what it held" in said
    assert up.returncode == 0
