"""What the command line tells about a run of the whole pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cloud import ROOT, Cloud, started

pytestmark = pytest.mark.cloud("operator")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud whose clock nobody moves: functions' logs carry the machine's time."""
    yield from started(tmp_path_factory.mktemp("operator-cloud"))


def copy_of(sample: str, name: str, folder: Path) -> str:
    path = folder / name
    path.write_bytes((ROOT / "sample_data" / sample).read_bytes())
    return str(path)


def test_a_run_is_told_from_its_log_lines_to_its_costs(cloud: Cloud, tmp_path: Path) -> None:
    run = cloud.sluice("run", copy_of("addresses.csv", "addresses_told.csv", tmp_path))
    name = run["run_id"]
    lines = cloud.sluice("logs", name)
    assert ("sluice-LoadBatchFunction", "loaded") in {
        (line["source"], line["text"]) for line in lines
    }
    assert not [line for line in lines if "credentials" in line["text"]]
    costs = cloud.sluice("cost", name)
    assert costs["services"]["Lambda"]["amount"] > 0
    assert costs["services"]["Step Functions"]["amount"] > 10
    states = cloud.sluice("graph", name)["states"]
    assert states["Quality Verdict?"]["went_to"] == ["Load Batches"]
    assert all(each["status"] == "SUCCEEDED" for each in states.values())
    assert cloud.sluice("why", name)["error"] is None


def test_a_refused_file_is_explained(cloud: Cloud, tmp_path: Path) -> None:
    path = copy_of("customers_refused.csv", "customers_explained.csv", tmp_path)
    run = cloud.sluice("run", path, code=1)
    why = cloud.sluice("why", run["run_id"])
    assert why["error"] == "FileRefusedError"
    assert "quote" in why["cause"]
    assert cloud.sluice("rejects", run["run_id"]) == []


def test_everything_is_in_place(cloud: Cloud) -> None:
    assert all(finding["well"] for finding in cloud.sluice("doctor"))
