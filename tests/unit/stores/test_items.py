"""However rows get into the table, it ends as single conditional puts would have left it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DynamoDBError
from pipeline.rows.items import Item, ItemShape, source_version
from pipeline.runs.records import LoadCounts
from stores.desk import Desk
from stores.items import PROBE_ROWS, NewerWins
from stores.wire import Reply, Wire, WireError

SHAPE = ItemShape.of({"id": "string", "text": "string"}, ["id"])
DUPLICATE = {"Error": {"Code": "DuplicateItem"}}
PASSING = ("InternalServerError", "ThrottlingError", "ProvisionedThroughputExceeded")


def seeded(seed: int) -> random.Random:
    """Dice that fall the same way each time."""
    return random.Random(seed)  # noqa: S311 - a replayable choice, no secret


@dataclass
class Table:
    """A table as DynamoDB keeps one, reached over a wire on which things go wrong."""

    items: dict[str, Item] = field(default_factory=dict)
    dice: random.Random = field(default_factory=lambda: seeded(0))
    trouble: float = 0.0
    calls: list[str] = field(default_factory=list)
    refuse: Mapping[str, Any] | None = None
    """What every INSERT is answered."""

    def call(self, operation: str, document: Mapping[str, Any]) -> Reply:
        self.calls.append(operation)
        if self._goes_wrong():
            return Reply("ThrottlingException", {}, is_transient=True)
        reply = self._put(document) if operation == "PutItem" else self._insert(document)
        if self._goes_wrong():
            raise WireError("the reply is lost")
        return reply

    def _put(self, document: Mapping[str, Any]) -> Reply:
        item, condition = document["Item"], document["ConditionExpression"]
        met = self.items.get(item["id"]["S"])
        version = source_version(met) if met else ""
        same = condition.startswith("#meta.#version =")
        if (version == source_version(item)) if same else version < source_version(item):
            self.items[item["id"]["S"]] = item
            return Reply("", {"Attributes": met} if met else {}, is_transient=False)
        failed = {"Item": met} if met else {}
        return Reply("ConditionalCheckFailedException", failed, is_transient=False)

    def _insert(self, document: Mapping[str, Any]) -> Reply:
        answers = [self._insert_one(each) for each in document["Statements"]]
        return Reply("", {"Responses": answers}, is_transient=False)

    def _insert_one(self, statement: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.refuse:
            return self.refuse
        names = [part.split("'")[1] for part in statement["Statement"].split("{")[1].split(",")]
        item = dict(zip(names, statement["Parameters"], strict=True))
        if self._goes_wrong():
            return {"Error": {"Code": self.dice.choice(PASSING)}}
        if item["id"]["S"] in self.items:
            return DUPLICATE
        self.items[item["id"]["S"]] = item
        return {}

    def _goes_wrong(self) -> bool:
        return self.dice.random() < self.trouble


def rows(keys: Sequence[int], version: str, run_id: str, text: str = "") -> list[Item]:
    lines = [f'{{"id":"{key}","text":"{text or version}"}}'.encode() for key in keys]
    return SHAPE.items(lines, version=version, run_id=run_id)


def writer(table: Table, run_id: str = "r", *, inserts: bool = False) -> NewerWins:
    desk = Desk(cast("Wire", table), "t", lambda: False)
    return NewerWins(desk, ["id"], run_id, keys_are_new=inserts)


files = st.lists(
    st.tuples(st.sampled_from("1234"), st.sets(st.integers(0, 40), min_size=1).map(sorted)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40)
@given(files, st.integers(), st.booleans(), st.randoms(use_true_random=False))
def test_the_table_is_the_newest_of_each_key_whatever_goes_wrong(
    drops: list[tuple[str, list[int]]], seed: int, inserts: bool, order: random.Random
) -> None:
    table = Table(dice=seeded(seed), trouble=0.05)
    wanted: dict[str, str] = {}
    for number, (version, keys) in enumerate(drops):
        order.shuffle(keys)
        counts = LoadCounts()
        run = writer(table, f"r{number}", inserts=inserts)
        for start in range(0, len(keys), 15):
            counts += run.write(rows(keys[start : start + 15], version, f"r{number}")).counts
        assert counts.total == counts.rows_done == len(keys)
        for key in map(str, keys):
            wanted[key] = max(version, wanted.get(key, ""))
    assert {key: item["text"]["S"] for key, item in table.items.items()} == wanted


@settings(max_examples=20)
@given(st.sets(st.integers(0, 400)), st.integers(), st.sampled_from([0.0, 0.03]))
def test_rows_count_the_same_however_they_were_written(
    known: set[int], seed: int, trouble: float
) -> None:
    counted = []
    for inserts in (False, True):
        table = Table(dice=seeded(seed), trouble=trouble)
        writer(table, "older", inserts=False).write(rows(sorted(known), "1", "older"))
        run = writer(table, "r", inserts=inserts)
        keys = range(400)
        parts = [run.write(rows(part, "2", "r")).counts for part in (keys[:200], keys[200:])]
        counted.append(replace(parts[0] + parts[1], fresh=0))
        assert len(table.items) == len(known | set(keys))
    assert counted[0] == counted[1]


def test_a_retry_recognises_rows_whose_insert_was_not_answered() -> None:
    table = Table()
    writer(table).write(rows(range(200), "1", "r"))
    again = writer(table, inserts=True).write(rows(range(200), "1", "r"))
    assert again.counts == LoadCounts(loaded=200, rows_done=200)
    assert [former.item for former in again.former] == [None] * 200


def test_new_keys_are_inserted_once_some_have_proved_new() -> None:
    table = Table()
    writer(table).write(rows(range(500), "1", "r"))
    assert table.calls.count("PutItem") == PROBE_ROWS
    assert table.calls.count("BatchExecuteStatement") == (500 - PROBE_ROWS) / 25


def test_inserts_go_on_from_chunk_to_chunk_as_long_as_keys_are_new() -> None:
    table = Table()
    run = writer(table)
    for start in (0, 500, 1_000):
        run.write(rows(range(start, start + 500), "1", "r"))
    assert table.calls.count("PutItem") == PROBE_ROWS
    assert run.keys_are_new


def test_known_keys_cost_no_insert() -> None:
    table = Table()
    writer(table).write(rows(range(500), "1", "r"))
    table.calls.clear()
    run = writer(table, "r2")
    for start in (0, 250):
        run.write(rows(range(start, start + 250), "2", "r2"))
    assert table.calls == ["PutItem"] * 500


def test_one_known_key_among_new_ones_ends_the_inserts_until_they_prove_new_again() -> None:
    table = Table()
    writer(table).write(rows([60], "1", "r"))
    table.calls.clear()
    run = writer(table, "r2")
    run.write(rows(range(75), "2", "r2"))
    assert not run.keys_are_new
    assert (len(table.calls), table.calls.count("BatchExecuteStatement")) == (52, 1)
    run.write(rows(range(100, 200), "2", "r2"))
    assert run.keys_are_new


@pytest.mark.parametrize("share", [0.0, 0.005, 0.02, 0.5])
def test_inserts_cost_at_most_a_hundredth_more_write_units(share: float) -> None:
    """Each put and each INSERT of a small row is one unit, whether it is taken or not."""
    dice, units, count = seeded(1), 0, 10_000
    table = Table()
    known = rows([key for key in range(count) if dice.random() < share], "1", "r0")
    table.items = {item["id"]["S"]: item for item in known}
    run = writer(table)
    for start in range(0, count, 500):
        chunk = rows(range(start, start + 500), "2", "r")
        before = len(table.calls)
        run.write(chunk)
        made = table.calls[before:]
        inserts = made.count("BatchExecuteStatement")
        units += made.count("PutItem") + min(25 * inserts, 500)
    assert units <= count * 1.01


def test_what_an_insert_is_refused_for_the_put_decides() -> None:
    table = Table(refuse={"Error": {"Code": "ValidationError"}})
    counts = writer(table, inserts=True).write(rows(range(30), "1", "r")).counts
    assert counts == LoadCounts(loaded=30, fresh=30, rows_done=30)
    assert table.calls.count("PutItem") == 30


def test_a_row_with_too_many_attributes_for_a_statement_is_put() -> None:
    names = [f"a_rather_long_name_of_a_column_{number}" for number in range(300)]
    shape = ItemShape.of(dict.fromkeys(["id", *names], "string"), ["id"])
    line = b'{"id":"1",' + ",".join(f'"{name}":""' for name in names).encode() + b"}"
    table = Table()
    writer(table, inserts=True).write(shape.items([line], version="1", run_id="r"))
    assert table.calls == ["PutItem"]


def test_a_request_that_is_refused_as_a_whole_names_table_and_error() -> None:
    class Denied(Table):
        def call(self, operation: str, document: Mapping[str, Any]) -> Reply:
            return Reply("AccessDeniedException", {"message": operation}, is_transient=False)

    with pytest.raises(DynamoDBError, match="AccessDenied"):
        writer(Denied(), inserts=True).write(rows([1], "1", "r"))


def test_what_a_row_replaced_is_told_and_what_is_new_is_counted() -> None:
    table = Table()
    old = rows([1, 2], "1", "r1")
    writer(table, "r1").write(old)
    written = writer(table, "r2").write(rows([2, 3], "2", "r2"))
    assert [(former.key, former.item) for former in written.former] == [
        ({"id": {"S": "2"}}, old[1])
    ]
    assert (written.counts.loaded, written.counts.fresh) == (2, 1)


def test_a_row_that_lost_replaced_nothing() -> None:
    table = Table()
    writer(table, "r2").write(rows([1], "2", "r2"))
    written = writer(table, "r1").write(rows([1], "1", "r1"))
    assert (written.counts.superseded, written.former) == (1, [])
