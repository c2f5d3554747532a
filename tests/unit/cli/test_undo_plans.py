"""What becomes of each row when its run is undone."""

from __future__ import annotations

import pytest

from pipeline.rows.former import Former, packed, unpacked
from pipeline.rows.items import Item
from sluice.undo.plan import Fate, Plan, Row, Step, decide, key_text

KEY: Item = {"id": {"S": "p-1"}}


def item(text: str, *, run_id: str = "r1", version: str = "2") -> Item:
    meta = {"version": {"S": version}, "run_id": {"S": run_id}}
    return KEY | {"text": {"S": text}, "_sluice": {"M": meta}}


BEFORE = item("before", run_id="r0", version="1")
MINE = item("mine")


def row(*, known: bool = True, before: Item | None = None) -> Row:
    return Row(key=KEY, version="2", known=known, before=before)


@pytest.mark.parametrize(
    ("known", "current", "fate"),
    [
        pytest.param(row(), MINE, Fate.DELETE, id="it was new"),
        pytest.param(row(before=BEFORE), MINE, Fate.RESTORE, id="it replaced another"),
        pytest.param(row(known=False), MINE, Fate.UNKNOWN, id="nobody knows"),
        pytest.param(row(), None, Fate.DONE, id="gone already"),
        pytest.param(row(before=BEFORE), BEFORE, Fate.DONE, id="back already"),
        pytest.param(row(before=BEFORE), None, Fate.LEFT, id="somebody deleted it"),
        pytest.param(row(), item("x", run_id="r2", version="3"), Fate.LEFT, id="newer row"),
        pytest.param(row(), item("mine", version="3"), Fate.LEFT, id="this run's newer file"),
        pytest.param(row(known=False), None, Fate.LEFT, id="gone, and nobody knows"),
        pytest.param(row(), {"id": {"S": "p-1"}}, Fate.LEFT, id="no run wrote it"),
    ],
)
def test_only_the_run_s_own_rows_are_touched(known: Row, current: Item | None, fate: Fate) -> None:
    assert decide(known, current, run_id="r1", delete_unknown=False).fate is fate


def test_what_nobody_knows_is_deleted_only_if_that_is_asked_for() -> None:
    assert decide(row(known=False), MINE, run_id="r1", delete_unknown=True).fate is Fate.DELETE


def test_numbers_are_compared_as_dynamodb_keeps_them() -> None:
    before = BEFORE | {"n": {"N": "1.50"}}
    stored = BEFORE | {"n": {"N": "1.5"}}
    assert decide(row(before=before), stored, run_id="r1", delete_unknown=False).fate is Fate.DONE


def test_a_plan_counts_rows_and_shows_the_first_keys() -> None:
    steps = [Step(row=row(), fate=Fate.DELETE)] * 5 + [Step(row=row(), fate=Fate.LEFT)]
    plan = Plan.of(steps)
    assert (plan.rows[Fate.DELETE], plan.rows[Fate.LEFT], plan.stays) == (5, 1, 0)
    assert plan.keys[Fate.DELETE] == ["p-1"] * 3


def test_a_key_of_two_attributes_is_told_in_short() -> None:
    assert key_text({"id": {"S": "7"}, "mail": {"S": "a@b.example"}}) == "7/a@b.example"


def test_former_items_come_back_as_they_were_kept() -> None:
    formers = [Former(key=KEY, item=item("é\n")), Former(key=KEY, item=None)]
    assert list(unpacked(packed(formers))) == formers
    assert packed(formers) == packed(formers)
