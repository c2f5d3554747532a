from __future__ import annotations

import json
import random
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load_batch import CHECKPOINT_ROWS, RESERVE_MILLISECONDS, load
from pipeline.errors import LoadUnfinishedError, ReconciliationError
from pipeline.rows import attributes
from pipeline.rows.former import Former
from pipeline.rows.items import Item, ItemShape, Outcome, judge, source_version
from pipeline.runs.reconciliation import reconcile
from pipeline.runs.records import LoadCounts
from stores.items import Written

SHAPE = ItemShape.of({"id": "string", "n": "number", "year": "year", "ok": "boolean"}, ["id"])


def item(key: str, version: str, text: str = "", run_id: str = "r1") -> Item:
    shape = ItemShape.of({"id": "string", "text": "string"}, ["id"])
    line = json.dumps({"id": key, "text": text}).encode()
    return shape.items([line], version=version, run_id=run_id)[0]


def test_each_type_gets_its_attribute() -> None:
    line = b'{"id":"7","n":-0.300,"year":2026,"ok":true}'
    (built,) = SHAPE.items([line], version="v", run_id="r1")
    assert built == {
        "id": {"S": "7"},
        "n": {"N": "-0.300"},
        "year": {"N": "2026"},
        "ok": {"BOOL": True},
        "_sluice": {"M": {"version": {"S": "v"}, "run_id": {"S": "r1"}}},
    }


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, max_value=10**20))
def test_numbers_keep_every_digit(number: Decimal) -> None:
    (built,) = SHAPE.items([f'{{"id":"7","n":{number:f}}}'.encode()], version="v", run_id="r1")
    assert Decimal(built["n"]["N"]) == number


@pytest.mark.parametrize(
    ("new", "old", "outcome"),
    [
        pytest.param(item("1", "2", "x"), None, Outcome.LOADED, id="nothing was there"),
        pytest.param(item("1", "2", "x"), item("1", "1", "y"), Outcome.LOADED, id="older"),
        pytest.param(item("1", "1", "x"), item("1", "2", "y"), Outcome.SUPERSEDED, id="newer"),
        pytest.param(
            item("1", "2", "x"), item("1", "1", "x", "r0"), Outcome.REPLAYED, id="older, equal"
        ),
        pytest.param(
            item("1", "1", "x"), item("1", "2", "x", "r0"), Outcome.REPLAYED, id="newer, equal"
        ),
        pytest.param(item("1", "1", "x"), item("1", "1", "x"), Outcome.LOADED, id="my own"),
        pytest.param(item("1", "1", "x"), item("1", "1", "y", "r0"), None, id="other contract"),
        pytest.param(
            item("1", "1", "x"), {"id": {"S": "1"}}, Outcome.LOADED, id="nobody versioned it"
        ),
    ],
)
def test_what_became_of_a_row(new: Item, old: Item | None, outcome: Outcome | None) -> None:
    assert judge(new, old, run_id="r1") == outcome


def test_numbers_are_equal_as_dynamodb_gives_them_back() -> None:
    new = SHAPE.items([b'{"id":"7","n":10.50}'], version="v", run_id="r1")[0]
    old = SHAPE.items([b'{"id":"7","n":10.5}'], version="v", run_id="r0")[0]
    assert judge(new, old, run_id="r1") is Outcome.REPLAYED


class Table:
    """A table whose puts are atomic: what a conditional put does, in memory."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def put_if_newer(self, new: Item, run_id: str) -> Outcome:
        key = new["id"]["S"]
        old = self.items.get(key)
        if old is None or source_version(old) < source_version(new):
            self.items[key] = new
        return judge(new, old, run_id=run_id) or Outcome.LOADED


rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(1, 5), st.sampled_from("xyz")), max_size=12
)


@given(rows, st.randoms(use_true_random=False), st.integers(1, 3))
def test_the_table_is_the_newest_of_all_files_in_any_order_and_however_often(
    files: list[tuple[str, int, str]], order: random.Random, times: int
) -> None:
    versions = {(key, version): text for key, version, text in files}
    puts = [(key, str(version), text) for (key, version), text in versions.items()] * times
    order.shuffle(puts)
    table = Table()
    outcomes = Counter(
        table.put_if_newer(item(key, version, text, f"run {version}"), f"run {version}")
        for key, version, text in puts
    )
    newest = {key: text for (key, _), text in sorted(versions.items())}
    assert {key: found["text"]["S"] for key, found in table.items.items()} == newest
    assert sum(outcomes.values()) == len(puts)


class Memory:
    """A writer that keeps what it was given and fails where a test says so."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, items: Any) -> Written:
        self.written += [entry["id"]["S"] for entry in items]
        former = [Former(key={"id": entry["id"]}, item=None) for entry in items]
        return Written(LoadCounts(loaded=len(items), rows_done=len(items)), former)


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(0, 60))
def test_every_row_has_one_outcome_wherever_the_load_goes_on(keys: list[int], done: int) -> None:
    shape = ItemShape.of({"id": "string", "text": "string"}, ["id"])
    items = [item(str(key), "v") for key in keys]
    before = LoadCounts(loaded=min(done, len(items)), rows_done=min(done, len(items)))
    saved: list[LoadCounts] = []
    counts = load(
        items,
        shape,
        Memory(),
        done=before,
        keep=lambda *_: None,
        checkpoint=saved.append,
        remaining=lambda: 10**6,
        fence=lambda: None,
    )
    assert counts.rows_done == counts.total == len(items)
    assert not saved or saved[-1] == counts


def test_of_rows_with_one_key_the_last_is_written() -> None:
    shape = ItemShape.of({"id": "string", "text": "string"}, ["id"])
    writer = Memory()
    items = [item("1", "v", "a"), item("2", "v"), item("1", "v", "b")]
    counts = load(
        items,
        shape,
        writer,
        done=LoadCounts(),
        keep=lambda *_: None,
        checkpoint=repr,
        remaining=lambda: 10**6,
        fence=lambda: None,
    )
    assert (counts.loaded, counts.duplicates) == (2, 1)
    assert writer.written == ["2", "1"]


def test_it_stops_before_time_is_up() -> None:
    shape = ItemShape.of({"id": "string", "text": "string"}, ["id"])
    left = iter([10**6, RESERVE_MILLISECONDS - 1])
    saved: list[Any] = []
    with pytest.raises(LoadUnfinishedError):
        load(
            [item(str(n), "v") for n in range(CHECKPOINT_ROWS + 1)],
            shape,
            Memory(),
            done=LoadCounts(),
            keep=lambda row, former: saved.append((row, len(former))),
            checkpoint=saved.append,
            remaining=lambda: next(left),
            fence=lambda: None,
        )
    done = LoadCounts(loaded=CHECKPOINT_ROWS, rows_done=CHECKPOINT_ROWS)
    assert saved == [(0, CHECKPOINT_ROWS), done], "what was there before is kept first"


def report(rows: list[int], rejected: int = 0) -> dict[str, Any]:
    valid = sum(rows)
    counts = {"rows_in": valid + rejected, "valid": valid, "rejected": rejected}
    parts = [
        {"index": n, "file_index": 0, "key": f"valid/{n}", "rows": found}
        for n, found in enumerate(rows)
    ]
    return {"counts": counts, "files": [{"index": 0, **counts}], "parts": parts}


def done(**counts: int) -> LoadCounts:
    return LoadCounts(**counts, rows_done=sum(counts.values()))


def test_the_counts_of_a_run_are_the_sum_of_its_parts() -> None:
    loads = {0: done(loaded=3, replayed=1), 1: done(superseded=2, duplicates=1)}
    assert reconcile(report([4, 3], rejected=2), loads, [0]) == {
        "rows_in": 9,
        "valid": 7,
        "rejected": 2,
        "loaded": 3,
        "replayed": 1,
        "superseded": 2,
        "duplicates": 1,
    }


def test_what_another_run_loads_is_not_counted_here() -> None:
    both = report([4])
    both["parts"].append({"index": 1, "file_index": 1, "key": "valid/1", "rows": 3})
    both["files"].append({"index": 1, "rows_in": 3, "valid": 3, "rejected": 0})
    both["counts"] = {"rows_in": 7, "valid": 7, "rejected": 0}
    counts = reconcile(both, {0: done(loaded=4)}, [0])
    assert (counts["rows_in"], counts["valid"], counts["loaded"]) == (4, 4, 4)


@pytest.mark.parametrize(
    ("change", "loads", "message"),
    [
        pytest.param({}, {}, "part 0 .*none of 4 rows was loaded", id="nothing loaded"),
        pytest.param({}, {0: done(loaded=3)}, "3 of 4 rows", id="a part half done"),
        pytest.param({}, {0: LoadCounts(loaded=5, rows_done=4)}, "5 outcomes", id="too many"),
        pytest.param({"rows_in": 9}, {0: done(loaded=4)}, "9 rows came in", id="lost in between"),
        pytest.param({"valid": 5}, {0: done(loaded=4)}, "hold 4 rows, but 5", id="a part missing"),
    ],
)
def test_whatever_does_not_add_up_is_named(
    change: dict[str, int], loads: dict[int, LoadCounts], message: str
) -> None:
    wrong = report([4])
    wrong["counts"] = wrong["counts"] | change
    with pytest.raises(ReconciliationError, match=message):
        reconcile(wrong, loads, [0])


def test_a_long_list_of_problems_is_cut() -> None:
    with pytest.raises(ReconciliationError, match=r"90 more$"):
        reconcile(report([1] * 100), {}, [0])


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(-(10**9), 10**9, places=3),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=4), plain, max_size=4))
def test_attributes_come_back_as_they_were(document: dict[str, Any]) -> None:
    assert attributes.values(attributes.attributes(document)) == document


def test_a_float_has_no_place_in_dynamodb() -> None:
    with pytest.raises(TypeError):
        attributes.attribute(0.1)
