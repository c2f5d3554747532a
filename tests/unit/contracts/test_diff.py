import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from conversion.re2_patterns import compiled
from pipeline.contracts.contract import Contract
from pipeline.contracts.rules import compile_rules
from pipeline.text.row_judge import RowJudge
from sluice.cli import main
from sluice.contracts.diff import differences

BASE: dict[str, Any] = {
    "name": "orders",
    "schema": {
        "fields": [
            {"name": "id", "type": "string"},
            {"name": "n", "type": "integer", "constraints": {"minimum": 1, "maximum": 9}},
            {"name": "kind", "type": "string", "constraints": {"enum": ["a", "b"]}},
        ],
        "primaryKey": "id",
    },
    "sluice": {"table": "OrdersTable"},
}

Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> Contract:
    document = copy.deepcopy(BASE)
    change(document)
    return Contract.parse(document)


def field(document: dict[str, Any], position: int) -> dict[str, Any]:
    found: dict[str, Any] = document["schema"]["fields"][position]
    return found


@pytest.mark.parametrize(
    ("change", "where", "effect"),
    [
        pytest.param(
            lambda d: d["schema"]["fields"].append({"name": "x"}),
            "schema.fields[x]", "breaking", id="a new column",
        ),
        pytest.param(
            lambda d: d["schema"]["fields"].pop(), "schema.fields[kind]", "breaking", id="one less"
        ),
        pytest.param(
            lambda d: field(d, 1).update(type="number"),
            "schema.fields[n].type", "compatible", id="a wider type",
        ),
        pytest.param(
            lambda d: field(d, 1).update(type="string", constraints={}),
            "schema.fields[n].type", "breaking", id="numbers become texts",
        ),
        pytest.param(
            lambda d: field(d, 1)["constraints"].update(minimum=0),
            "schema.fields[n].constraints.minimum", "compatible", id="a lower minimum",
        ),
        pytest.param(
            lambda d: field(d, 1)["constraints"].update(maximum=8),
            "schema.fields[n].constraints.maximum", "breaking", id="a lower maximum",
        ),
        pytest.param(
            lambda d: field(d, 2)["constraints"].update(enum=["a", "b", "c"]),
            "schema.fields[kind].constraints.enum", "compatible", id="one more choice",
        ),
        pytest.param(
            lambda d: field(d, 2)["constraints"].update(required=True),
            "schema.fields[kind].constraints.required", "breaking", id="required now",
        ),
        pytest.param(
            lambda d: d["schema"].update(primaryKey=["id", "kind"]),
            "schema.primaryKey", "breaking", id="another key",
        ),
        pytest.param(
            lambda d: d["sluice"].update(extra_columns="ignore"),
            "schema.fieldsMatch", "compatible", id="other columns are ignored",
        ),
        pytest.param(
            lambda d: d.update(dialect={"delimiter": ";"}), "dialect", "breaking", id="a dialect"
        ),
        pytest.param(
            lambda d: d["sluice"].update(quality={"ask_above": {"rows": 5}}),
            "sluice.quality", "compatible", id="the gate",
        ),
    ],
)  # fmt: skip
def test_a_change_is_told_with_its_effect(change: Change, where: str, effect: str) -> None:
    found = differences(Contract.parse(BASE), changed(change))
    assert (where, effect) in [(one.where, one.effect) for one in found]


def test_a_contract_does_not_differ_from_itself() -> None:
    assert differences(Contract.parse(BASE), changed(lambda _: None)) == []


limits = st.one_of(st.none(), st.integers(0, 9))
fields = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["integer", "number"]),
        "minimum": limits,
        "maximum": limits,
        "enum": st.one_of(st.none(), st.lists(st.integers(0, 9), min_size=1, max_size=3)),
        "required": st.booleans(),
    }
)


def with_field(drawn: dict[str, Any]) -> Contract:
    constraints = {
        name: value for name, value in drawn.items() if name != "type" and value is not None
    }
    changes = {"type": drawn["type"], "constraints": constraints}
    return changed(lambda document: field(document, 1).update(changes))


@given(fields, fields, st.sampled_from(["", *map(str, range(10)), "1.5", "x"]))
def test_what_passes_before_a_compatible_change_passes_after_it(
    before: dict[str, Any], after: dict[str, Any], cell: str
) -> None:
    old, new = with_field(before), with_field(after)
    if any(one.effect == "breaking" for one in differences(old, new)):
        return
    verdicts = [
        RowJudge(compile_rules(contract), ["id", "n", "kind"], compiled).judge(f"1,{cell},a")
        for contract in (old, new)
    ]
    if not verdicts[0].errors:
        assert list(verdicts[1].values.items()) == list(verdicts[0].values.items())


def test_the_command_ends_with_1_if_a_change_breaks_anything(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(BASE))
    new.write_text(json.dumps(BASE | {"dialect": {"delimiter": ";"}}))
    assert CliRunner().invoke(main, ["contract", "diff", str(old), str(old)]).exit_code == 0
    told = CliRunner().invoke(main, ["contract", "diff", str(old), str(new)])
    assert told.exit_code == 1
    assert "files in the old dialect are refused" in told.stdout
