"""Realistic files get contracts by which they are loaded as they are meant; `make bench-files`
tries all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files.collection import files
from tests.files.dress import File
from tests.files.trial import tried

EACH = 6
"""Files of the quick test lie so far apart in the collection."""

ALL = tuple(files())


def test_the_collection_is_large_and_has_no_name_twice() -> None:
    assert len(ALL) >= 200
    names = [file.name for file in ALL]
    assert len(set(names)) == len(names)


def test_the_same_bytes_are_made_each_time() -> None:
    assert [file.content for file in files()] == [file.content for file in ALL]


@pytest.mark.parametrize("file", ALL[::EACH], ids=lambda file: f"{file.kind}-{file.name}")
def test_a_file_is_loaded_as_it_is_meant(file: File, tmp_path: Path) -> None:
    trial = tried(file, tmp_path)
    wanted = {"refused"} if file.is_refused else {"at once", "with a remark"}
    assert trial.result in wanted, trial.said
