"""What the cache keeps: the latest, and what was used lately."""

import os
import time
from pathlib import Path

import pytest

from localcloud.cache_folder import drop_unused, used

HOUR = 3600.0


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Archives that were used 1, 2, 3 and 4 hours ago, and something else."""
    for hours in range(5):
        kept = tmp_path / (f"spark-{hours}.jsa" if hours else "templates")
        kept.touch()
        os.utime(kept, (0, time.time() - hours * HOUR))
    return tmp_path


@pytest.mark.parametrize(
    ("latest", "idle_hours", "left"),
    [
        pytest.param(2, 0.0, {"1", "2"}, id="the latest stay"),
        pytest.param(1, 2.5, {"1", "2"}, id="what was used lately stays"),
        pytest.param(3, 0.5, {"1", "2", "3"}, id="the latest stay, however long they idle"),
        pytest.param(9, 0.0, {"1", "2", "3", "4"}, id="there are fewer"),
    ],
)
def test_what_was_not_used_for_long_goes(
    cache: Path, latest: int, idle_hours: float, left: set[str]
) -> None:
    drop_unused(cache, "spark-*", latest=latest, idle_seconds=idle_hours * HOUR)
    assert {kept.name for kept in cache.iterdir()} == {
        "templates",
        *(f"spark-{n}.jsa" for n in left),
    }


def test_what_is_used_stays(cache: Path) -> None:
    (cache / "spark-4.jsa").chmod(0o400)
    used(cache / "spark-4.jsa")
    used(cache / "spark-gone.jsa")
    drop_unused(cache, "spark-*", latest=2)
    assert {kept.name for kept in cache.glob("spark-*")} == {"spark-4.jsa", "spark-1.jsa"}
