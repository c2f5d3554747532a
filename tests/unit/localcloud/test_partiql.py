from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.strict.attribute_values import InvalidValueError
from localcloud.strict.dynamodb_rules import RULES
from localcloud.strict.partiql import Insert, named_table, parse_insert
from stores.inserts import statement as insert_statement

INSERT = "INSERT INTO t VALUE {'id':?}"


@given(st.lists(st.text(min_size=1), min_size=1, unique=True))
def test_any_names_are_read_as_they_were_written(names: list[str]) -> None:
    assert parse_insert(insert_statement("a.table-1", tuple(names))) == Insert(
        "a.table-1", tuple(names)
    )


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("SELECT * FROM t", id="not an INSERT"),
        pytest.param("INSERT INTO t VALUE {'id':'x'}", id="a value in the text"),
        pytest.param("INSERT INTO t VALUE {'id':?} RETURNING ALL OLD *", id="more after it"),
        pytest.param("INSERT INTO t VALUE {'id':?,'id':?}", id="a name twice"),
        pytest.param("INSERT INTO t VALUE {}", id="no names"),
    ],
)
def test_what_is_not_understood_is_left_alone(statement: str) -> None:
    assert parse_insert(statement) is None


def test_parameters_and_names_come_in_equal_numbers() -> None:
    insert = Insert("t", ("id", "n"))
    assert insert.item([{"S": "1"}, {"N": "2"}]) == {"id": {"S": "1"}, "n": {"N": "2"}}
    assert insert.item([{"S": "1"}]) is None


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ('DELETE FROM "t-1" WHERE id = ?', "t-1"),
        ("UPDATE t SET n = 1 WHERE id = ?", "t"),
        (INSERT, "t"),
        ("nonsense", None),
    ],
)
def test_the_table_of_a_statement_is_known(statement: str, table: str | None) -> None:
    assert named_table(statement) == table


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        pytest.param([INSERT] * 26, "'statements' failed .* equal to 25", id="26"),
        pytest.param([INSERT + " " * 8_192], "statements.1.member.statement", id="too long"),
        pytest.param([INSERT, "select * from t"], "both read and write", id="mixed"),
    ],
)
def test_a_batch_keeps_the_rules_of_dynamodb(statements: list[str], reason: str) -> None:
    request = {"Statements": [{"Statement": text} for text in statements]}
    with pytest.raises(InvalidValueError, match=reason):
        RULES["BatchExecuteStatement"](request, lambda _: None)
