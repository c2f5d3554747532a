"""The parts of the Glue job that need no JVM: SQL text, places of lines, wording of rejects."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glue_jobs.csv_to_json import (
    Check,
    ConversionError,
    FieldJudge,
    Judge,
    Manifest,
    Stored,
    WrittenPart,
    by_file,
    disarmed,
    lines_before,
    literal,
    object_key,
    one_line,
    parse_other,
    split_bytes,
    unescaped,
    well_quoted_form,
)

MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    ("line", "is_well_quoted"),
    [
        pytest.param("a,b", True, id="no quotes"),
        pytest.param('"a","b"', True, id="all quoted"),
        pytest.param('"a""b",c', True, id="a doubled quote"),
        pytest.param('"",', True, id="a quoted empty cell"),
        pytest.param('a"b,c', False, id="a quote inside an unquoted cell"),
        pytest.param('"a"b,c', False, id="text after a closing quote"),
        pytest.param('"a,b', False, id="an open quote"),
        pytest.param(' "a",b', False, id="a blank before a quote"),
    ],
)
def test_well_quoted_lines(line: str, is_well_quoted: bool) -> None:
    assert bool(re.fullmatch(well_quoted_form(",", '"'), line)) is is_well_quoted


@given(st.lists(st.text(alphabet='ab",\n ', max_size=6), min_size=1, max_size=5))
def test_whatever_is_quoted_by_the_book_is_well_quoted(cells: list[str]) -> None:
    line = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    assert re.fullmatch(well_quoted_form(",", '"'), line)


def test_a_literal_escapes_what_ends_it() -> None:
    assert literal("it's a \\") == "'it\\'s a \\\\'"


def test_an_expression_on_which_all_files_agree_is_no_lookup() -> None:
    assert by_file({0: "5", 1: "5"}) == "5"
    assert by_file({0: "5", 1: "6"}) == "map(0, 5, 1, 6)[file]"


@given(st.text(alphabet="\\n\nab"))
def test_raw_records_survive_the_intermediate(raw: str) -> None:
    escaped = raw.replace("\\", "\\\\").replace("\n", "\\n")
    assert "\n" not in escaped
    assert unescaped(escaped) == raw


def part(kind: str, file: int, split: int, number: int = 0) -> WrittenPart:
    uri = f"file:/o/kind={kind}/file={file}/split={split}/part-00001-5a-b.c{number:03d}.txt"
    found = WrittenPart.from_stored(Stored(uri=uri, size_bytes=1))
    assert found
    return found


def test_lines_before_a_split_are_the_rows_of_those_before_and_the_header() -> None:
    parts = [part("valid", 0, 0), part("other", 0, 0), part("valid", 0, 1), part("valid", 0, 2)]
    rows = dict(zip([p.uri for p in parts], [4, 1, 7, 3], strict=True))
    assert lines_before(parts, rows) == {(0, 0): 0, (0, 1): 6, (0, 2): 13}


def test_parts_sort_by_number_and_not_by_text() -> None:
    assert part("valid", 0, 0, 999) < part("valid", 0, 0, 1000)


def test_what_spark_writes_beside_the_parts_is_passed_over() -> None:
    assert WrittenPart.from_stored(Stored(uri="file:/o/_SUCCESS", size_bytes=0)) is None


@pytest.mark.parametrize(
    ("cell", "is_numeric", "expected"),
    [
        pytest.param("=1+1", False, "'=1+1", id="a formula"),
        pytest.param("-5", False, "'-5", id="a text that begins like one"),
        pytest.param("-5", True, "-5", id="a number"),
        pytest.param("-5;x", True, "'-5;x", id="no number in a numeric column"),
        pytest.param("a=1", False, "a=1", id="a harmless text"),
    ],
)
def test_formulas_are_disarmed(cell: str, is_numeric: bool, expected: str) -> None:
    assert disarmed(cell, is_numeric=is_numeric) == expected


@pytest.mark.parametrize(
    ("uri", "key"),
    [
        ("s3://work/runs/r/0-0/report.json", "runs/r/0-0/report.json"),
        ("file:///tmp/a%20b/report.json", "tmp/a b/report.json"),
    ],
)
def test_keys_of_uris(uri: str, key: str) -> None:
    assert object_key(uri) == key


def test_tasks_read_pieces_within_bounds() -> None:
    assert split_bytes(10 * MEGABYTE, 2) == 16 * MEGABYTE
    assert split_bytes(300 * MEGABYTE, 2) == 50 * MEGABYTE
    assert split_bytes(9000 * MEGABYTE, 2) == 128 * MEGABYTE


def test_a_manifest_without_a_member_is_refused_by_name() -> None:
    with pytest.raises(ConversionError, match="the manifest cannot be used: lacks 'files'"):
        Manifest.from_json(b'{"run_id": "r"}')


def test_an_error_becomes_one_line() -> None:
    assert one_line(OSError("no such bucket\n\tat org.apache.Deep.stack")) == (
        "OSError: no such bucket"
    )


def check_of(rule: str) -> Check:
    return Check(column="id", rule=rule, message="m", broken=f"breaks_{rule}")


def field_judge(*, required: bool) -> FieldJudge:
    return FieldJudge(
        name="id",
        is_text=True,
        position="0",
        absent="is_absent",
        value="v",
        of_presence=[check_of("required")] if required else [],
        of_type=[check_of("type")],
        of_value=[check_of("pattern"), check_of("maxLength")],
    )


@pytest.mark.parametrize(
    ("required", "kept"),
    [
        pytest.param(True, "not (is_absent) and {value}", id="a required value"),
        pytest.param(False, "is_absent or {value}", id="a value that may be absent"),
    ],
)
def test_a_field_is_kept_by_the_conditions_that_name_what_it_breaks(
    required: bool, kept: str
) -> None:
    judge = field_judge(required=required)
    of_value = "not (breaks_type) and not (breaks_pattern) and not (breaks_maxLength)"
    assert judge.kept == kept.format(value=of_value)
    assert {check.broken for check in judge.of_value} < set(re.findall(r"\w+", judge.broken(0)))


def test_broken_checks_are_numbered_through_all_fields() -> None:
    assert field_judge(required=True).broken(7) == (
        "case when is_absent then '7' when breaks_type then '8'"
        " else concat_ws(',', if(breaks_pattern, '9', null), if(breaks_maxLength, '10', null)) end"
    )
    assert field_judge(required=False).broken(0).startswith("case when is_absent then null ")


SIZE = Check(column=None, rule="item_size", message="m", broken="breaks_size")
JUDGE = Judge(
    structure=[check_of("structure")],
    fields=[field_judge(required=True), field_judge(required=False)],
    size=SIZE,
    uniqueness=[],
)


@pytest.mark.parametrize(
    ("line", "place", "rules", "raw"),
    [
        pytest.param("12\t0\t3,7\ta\tb\\n", 12, ["maxLength", "item_size"], "a\tb\n", id="rules"),
        pytest.param("12\t0\t,4,\t", 12, ["type"], "", id="gaps between the numbers"),
        pytest.param("1\t1\t\t;", 1, ["structure"], ";", id="a broken structure"),
    ],
)
def test_what_spark_set_aside_is_read_back(
    line: str, place: int, rules: list[str], raw: str
) -> None:
    found = parse_other(line, JUDGE)
    assert found
    assert found[0] == place
    assert [check.rule for check in found[1]] == rules
    assert found[2] == raw


def test_a_blank_line_is_no_row() -> None:
    assert parse_other("3\t-1\t\t", JUDGE) is None


def test_a_row_that_was_set_aside_for_nothing_ends_the_job() -> None:
    with pytest.raises(ConversionError, match="breaks no rule"):
        parse_other("3\t0\t\traw", JUDGE)
