"""A few seeds of faults in each run of the suite; `make chaos` runs many more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.harness import Harness
from tests.chaos.naive import NaiveLoader
from tests.chaos.promises import Tally, Version, judge_origins, judge_published
from tests.chaos.scenario import scenario
from tests.support.cloud import Cloud, started

SEEDS = range(1, 13)

pytestmark = pytest.mark.xdist_group("chaos")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    yield from started(tmp_path_factory.mktemp("chaos"))


@pytest.fixture(scope="module")
def harness(cloud: Cloud) -> Harness:
    return Harness(cloud)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_promise_breaks_under_the_faults_of_a_seed(harness: Harness, seed: int) -> None:
    tally = harness.run(scenario(seed))
    assert tally.details == []


def test_rows_whose_file_is_not_archived_break_a_promise() -> None:
    drop = scenario(1).drops[0]
    facts = {"drop": drop, "run_id": "r", "places": (), "bytes_equal": True}
    versions = [
        Version(version_id="v1", source_version="1", disposition="archived", **facts),
        Version(version_id="v2", source_version="2", disposition="quarantined", **facts),
    ]
    tally = Tally()
    judge_origins(tally, versions, ["1"])
    assert tally.unarchived == 0
    judge_origins(tally, versions, ["1", "2"])
    assert tally.details == ["unarchived: rows of 2"]


def test_rows_that_are_published_twice_or_not_loaded_break_a_promise() -> None:
    drop = next(d for seed in SEEDS for d in scenario(seed).drops if any(r.valid for r in d.rows))
    rows = tuple(row.as_item() for row in drop.rows if row.valid)
    facts = {"drop": drop, "source_version": "1", "run_id": "r", "places": (), "bytes_equal": True}
    versions = [
        Version(version_id="v1", disposition="archived", published=rows, **facts),
        Version(version_id="v2", disposition="archived", published=rows * 2, **facts),
        Version(version_id="v3", disposition="quarantined", published=rows, **facts),
    ]
    tally = Tally()
    judge_published(tally, versions)
    assert [detail.split()[3] for detail in tally.details] == ["v2", "v3"]


def test_no_log_or_message_holds_a_secret(harness: Harness) -> None:
    assert harness.leaks().details == []


def test_the_usual_loader_loses_rows_under_the_same_seeds(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    naive, total = NaiveLoader(cloud), Tally()
    for seed in SEEDS:
        total.include(naive.run(scenario(seed)))
    with capsys.disabled():
        print(f"\nthe usual loader: rows lost {total.lost}, stale {total.stale}")  # noqa: T201
    assert total.lost
    assert total.stale


def test_the_faults_were_real(harness: Harness, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        told = f"{harness.faults} faults, {harness.undone} loads undone, all survived"
        print(f"\n{len(SEEDS)} seeds, {told}")  # noqa: T201
    assert harness.faults > len(SEEDS)
    assert harness.undone
