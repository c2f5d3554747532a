"""Workers that share a conversion write what one alone writes, whoever did what and died when."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversion.conversion import Bucket, convert
from conversion.engine import Engine, Judged
from conversion.outputs import WrittenPart
from conversion.shares import Remembering, document_of, found_in, work_off
from conversion.splits import Split, splits_of
from conversion.threads import Threads
from pipeline.runs.report import Sample
from pipeline.text.oddities import Oddity
from tests.unit.conversion.reference_conversion import (
    MemoryStorage,
    converted,
    manifest_for,
    workshop,
)
from tests.unit.conversion.test_repeats_in_many_splits import contract, text

SHARES = 3


class DyingError(Exception):
    """A worker is killed."""


class MortalStorage(MemoryStorage):
    """Keeps objects until so many have been put."""

    puts_left: int | None = None

    def put(self, name: str, body: bytes) -> None:
        if self.puts_left is not None:
            self.puts_left -= 1
            if self.puts_left < 0:
                raise DyingError
        super().put(name, body)


def manifest(folder: Path, policy: str = "first") -> dict[str, Any]:
    paths = [folder / f"{name}.csv" for name in "ab"]
    for path in paths:
        path.write_text(text(random.Random(path.name), 5))  # noqa: S311 - no secret
    found = manifest_for(contract(5, policy), paths, split_bytes=400)
    assert len(splits_of(found)) > SHARES
    return found


def threads(manifest: Mapping[str, Any], storage: MemoryStorage) -> Threads:
    return Threads(engine=Engine(manifest=manifest, storage=storage, workshop=workshop()), count=2)


def parts(storage: MemoryStorage) -> dict[str, bytes]:
    return {n: body for n, body in storage.objects.items() if not n.startswith("shares/")}


@pytest.mark.parametrize("policy", ["reject", "first", "last"])
@pytest.mark.parametrize(
    "done", [[0, 1, 2], [2, 0], [], [1, 1]], ids=["all", "two", "none", "one, twice"]
)
def test_shares_write_the_bytes_of_one_alone(
    tmp_path: Path, policy: str, done: Sequence[int]
) -> None:
    order = manifest(tmp_path, policy)
    storage = MemoryStorage()
    for share in done:
        work_off(order, threads(order, storage), share=share, shares=SHARES)
    judged = convert(order, Remembering(threads=threads(order, storage)))
    alone = converted(order)
    assert parts(storage) == alone.storage.objects
    assert sum(one.valid for one in judged) == alone.report["counts"]["valid"]


def test_a_worker_that_dies_leaves_what_it_has_stored_to_the_next(tmp_path: Path) -> None:
    order, storage = manifest(tmp_path), MortalStorage()
    storage.puts_left = 20
    with pytest.raises(DyingError):
        work_off(order, threads(order, storage), share=0, shares=1)
    kept = {name for name in storage.objects if name.startswith("shares/")}
    assert kept
    storage.puts_left = None
    before = {name: storage.objects[name] for name in kept}
    assert work_off(order, threads(order, storage), share=0, shares=1) == len(splits_of(order))
    assert all(storage.objects[name] is body for name, body in before.items()), "not done again"
    convert(order, Remembering(threads=threads(order, storage)))
    assert parts(storage) == converted(order).storage.objects


def test_hashes_that_another_release_sorted_otherwise_are_not_compared_with_ours(
    tmp_path: Path,
) -> None:
    order, storage = manifest(tmp_path), MemoryStorage()
    work_off(order, threads(order, storage), share=0, shares=1, hashes_per_bucket=8)
    convert(order, Remembering(threads=threads(order, storage)))
    assert parts(storage) == converted(order).storage.objects


part = st.builds(
    WrittenPart,
    name=st.text(),
    bytes=st.integers(0),
    rows=st.integers(0),
    sha256=st.text(),
    values=st.dictionaries(st.text(), st.integers(1)).map(Counter),
)


@given(
    parts=st.lists(part, max_size=3),
    broken=st.dictionaries(st.tuples(st.none() | st.text(), st.text()), st.integers(1)),
    hashes=st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 9)), st.binary()),
)
def test_what_became_of_a_split_survives_being_stored(
    parts: list[WrittenPart],
    broken: dict[tuple[str | None, str], int],
    hashes: dict[tuple[int, int], bytes],
) -> None:
    split = Split(file_index=2, index=1, offset=0, bytes=9, first_record=1, records=1, first_line=2)
    judged = Judged(
        split=split,
        valid=1,
        parts=parts,
        rejected_parts=parts[1:],
        rejected_csv=[],
        broken=Counter(broken),
        sample=Sample(rows=[{"raw": "x"}], characters=1),
        oddities=[Oddity(kind="lost_zeros", count=3, first_line=7, column="id")],
    )
    found = {Bucket(2, rule, number): body for (rule, number), body in hashes.items()}
    again, hashes_again = found_in(split, document_of(judged, found))
    assert (again, hashes_again) == (judged, found)
    assert all(type(one.values) is Counter for one in again.parts)
