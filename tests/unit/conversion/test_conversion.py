"""The conversion against the definition, on files made to be difficult, however they are cut."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.contracts.contract import Contract
from tests.unit.conversion.reference_conversion import (
    Converted,
    convert_by_definition,
    converted,
    manifest_for,
    records_of,
)


def contract(**sluice: Any) -> Contract:
    fields = [
        {"name": "id", "constraints": {"maxLength": 12}},
        {"name": "n", "type": "integer", "constraints": {"minimum": -5, "maximum": 50}},
        {"name": "x", "type": "number", "constraints": {"minimum": "-1.5"}},
        {"name": "day", "type": "date", "constraints": {"maximum": "2024-12-31"}},
        {"name": "ok", "type": "boolean"},
        {"name": "code", "constraints": {"pattern": "[A-C]+|z.z", "unique": True}},
        {"name": "kind", "constraints": {"enum": ["a", "b", 'q"', "two\nlines"]}},
    ]
    return Contract.parse(
        {
            "name": "things",
            "schema": {"fields": fields, "primaryKey": "id", "missingValues": ["", "NA"]},
            "sluice": {"table": "T", **sluice},
        }
    )


CELLS = {
    "id": ["1", "2", "3", "4", "5", "é", "\u200bx", "a,b", 'say "hi"', "x" * 13, "", "NA"],
    "n": ["7", "007", "+7", " 7 ", "-0", "51", "-6", "1.0", "1e3", "٣", "", "NA"],
    "x": ["1.50", "-1.5", "-1.51", "00.10", "1.", ".5", "12345678901234567.89", "NaN", ""],
    "day": ["2024-02-29", "2023-02-29", "2024-2-9", "2025-01-01", "0000-01-01", ""],
    "ok": ["true", "FALSE", "1", "yes", ""],
    "code": ["A", "AB", "zéz", "zz", "z\nz", "z\rz", "D", "", "NA", "\x01\x1b\\"],
    "kind": ["a", "b", 'q"', "two\nlines", "c", ""],
}

rows = st.lists(st.tuples(*(st.sampled_from(cells) for cells in CELLS.values())), max_size=30)
LINE_ENDS = ["\n", "\r\n"]
unhurried = settings(deadline=None, max_examples=15)


def as_csv(table: list[tuple[str, ...]], line_end: str, *, quote_all: bool) -> str:
    def cell(text: str) -> str:
        doubled = text.replace('"', '""')
        return f'"{doubled}"' if quote_all or set(text) & set(',"\r\n') else text

    return "".join(",".join(map(cell, row)) + line_end for row in [tuple(CELLS), *table])


def results(
    what: Contract,
    name: str,
    body: bytes,
    *,
    split_bytes: int = 1 << 20,
    threads: int = 1,
    hashes_per_bucket: int = 1_000_000,
) -> Converted:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(body)
        manifest = manifest_for(what, [path], split_bytes=split_bytes)
        return converted(manifest, threads=threads, hashes_per_bucket=hashes_per_bucket)


def compare(what: Contract, text: str, name: str = "a.csv", body: bytes | None = None) -> None:
    """Hold the engine against the definition, on one split and on many."""
    content = text.encode() if body is None else body
    whole = results(what, name, content)
    valid, rejected = convert_by_definition(whole.manifest, 0, records_of(text, '"'))
    assert whole.valid == "".join(row + "\n" for row in valid)
    assert whole.rejected == rejected
    assert whole.report["counts"]["valid"] == len(valid)
    assert whole.report["sample"] == rejected[:20]
    third = len(content) // 3 + 1
    pieces = results(what, name, content, split_bytes=third, threads=2, hashes_per_bucket=8)
    assert pieces.told == whole.told


@unhurried
@given(
    rows,
    st.sampled_from(LINE_ENDS),
    st.booleans(),
    st.sampled_from(["reject", "first", "last"]),
)
def test_it_agrees_with_the_definition(
    table: list[tuple[str, ...]], line_end: str, quote_all: bool, policy: str
) -> None:
    compare(contract(on_duplicate_key=policy), as_csv(table, line_end, quote_all=quote_all))


@unhurried
@given(st.lists(st.lists(st.sampled_from(["1", "", "a", '""', '"b,c"', '"d""e"']), max_size=10)))
def test_ragged_rows_are_rejected_one_by_one(table: list[list[str]]) -> None:
    text = "id,n,x,day,ok,code,kind\n" + "".join(",".join(row) + "\n" for row in table)
    compare(contract(), text)


@unhurried
@given(rows, st.lists(st.sampled_from(["", "\r"]), min_size=31, max_size=31))
def test_mixed_line_ends_and_blank_lines_change_nothing(
    table: list[tuple[str, ...]], returns: list[str]
) -> None:
    lines = as_csv(table, "\0", quote_all=False).split("\0")[:-1]
    ends = iter(returns)
    compare(contract(), "".join(f"{line}{next(ends)}\n" for line in lines) + "\n\r\n\n")


@unhurried
@given(rows)
def test_gzip_changes_nothing(table: list[tuple[str, ...]]) -> None:
    text = as_csv(table, "\n", quote_all=False)
    half = len(text) // 2
    members = gzip.compress(text[:half].encode()) + gzip.compress(text[half:].encode())
    compare(contract(), text, "a.csv.gz", members)


STRAY = [
    pytest.param('1,2,3"4,,,,', id="inside an unquoted field"),
    pytest.param('1,2,"3"4,,,,', id="after a closing quote"),
    pytest.param('1,2,"3" ,,,,', id="a blank after a closing quote"),
    pytest.param('1,2"",3,,,,', id="doubled outside quotes"),
    pytest.param("1,2,3,,,,,", id="one empty field too many"),
    pytest.param("1,2,3,,,,,,,", id="three empty fields too many"),
    pytest.param("1,2,3,,,", id="one field too few"),
    pytest.param("id,n,x,day,ok,code,kind", id="the header again"),
    pytest.param(" ", id="a blank"),
    pytest.param("\x1a", id="control Z"),
]


@pytest.mark.parametrize("bad", STRAY)
def test_a_row_that_does_not_fit_is_rejected_alone(bad: str) -> None:
    good = 'one,1,1.5,2024-01-01,true,A,a\n"t,wo",2,,,,"B",b\n'
    found = results(
        contract(), "a.csv", f"id,n,x,day,ok,code,kind\n{good}{bad}\nthree,3,,,,C,a\n".encode()
    )
    report = found.report
    assert report["counts"] == {"rows_in": 4, "valid": 3, "rejected": 1}
    assert report["rules"] == [{"column": None, "rule": "structure", "rows": 1}]
    assert report["sample"][0]["line"] == 4
    assert report["sample"][0]["raw"] == bad
    assert found.valid.count("\n") == 3


def test_an_invalid_row_does_not_occupy_its_key() -> None:
    text = "id,n,x,day,ok,code,kind\n1,99,,,,,\n1,1,,,,,\n1,2,,,,,\n"
    found = results(contract(), "a.csv", text.encode())
    assert found.valid == '{"id":"1","n":1}\n'
    assert [row["line"] for row in found.rejected] == [2, 4]


def test_the_last_row_wins_where_the_contract_says_so() -> None:
    text = "id,n,x,day,ok,code,kind\n1,1,,,,,\n1,2,,,,,\n1,99,,,,,\n"
    found = results(contract(on_duplicate_key="last"), "a.csv", text.encode())
    assert found.valid == '{"id":"1","n":2}\n'


def test_parts_hold_rows_of_one_file_and_no_more_than_asked_for(tmp_path: Path) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        path.write_text("id,n,x,day,ok,code,kind\n" + "".join(f"{i},,,,,,\n" for i in range(7)))
    found = converted(manifest_for(contract(), paths))
    assert [(part["file_index"], part["rows"]) for part in found.report["parts"]] == [
        (0, 3), (0, 3), (0, 1), (1, 3), (1, 3), (1, 1),
    ]  # fmt: skip


def test_files_keep_their_index_where_others_were_set_aside(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.csv" for name in "abc"]
    for path in paths:
        rows = f"{path.stem}1,1,,,,,\n{path.stem}2,99,,,,,\n{path.stem}1,2,,,,,\n"
        path.write_text("id,n,x,day,ok,code,kind\n" + rows)
    whole = manifest_for(contract(), paths)
    left = {**whole, "files": whole["files"][1:]}
    found = converted(left)
    assert found.valid == '{"id":"b1","n":1}\n{"id":"c1","n":1}\n'
    assert [part["file_index"] for part in found.report["parts"]] == [1, 2]
    assert [(file["index"], file["valid"]) for file in found.report["files"]] == [(1, 1), (2, 1)]
    assert {row["file"] for row in found.rejected} == {file["key"] for file in left["files"]}


def test_texts_whose_form_or_enumeration_holds_quotes_are_escaped() -> None:
    fields = [
        {"name": "id"},
        {"name": "day", "type": "date", "format": '%Y"%m\\%d'},
        {"name": "kind", "constraints": {"enum": ["a", "b\\"]}},
    ]
    what = Contract.parse(
        {
            "name": "things",
            "schema": {"fields": fields, "primaryKey": "id"},
            "sluice": {"table": "T"},
        }
    )
    rows = ['1,"2024""02\\29",a', '2,"2023""02\\29",a', "3,,b\\", "4,,a"]
    compare(what, "id,day,kind\n" + "".join(f"{row}\n" for row in rows))


def test_every_control_character_is_spelled_as_python_does() -> None:
    what = Contract.parse(
        {
            "name": "things",
            "schema": {
                "fields": [{"name": "id"}, {"name": "a"}, {"name": 'b "\\'}],
                "primaryKey": "id",
            },
            "sluice": {"table": "T"},
        }
    )
    rows = [f'{code},"{chr(code)}\\""\\n","\\u{code:04X}{chr(code)}"' for code in range(1, 0x20)]
    compare(what, 'id,a,"b ""\\"\n' + "".join(f"{row}\n" for row in rows))


def test_a_manifest_that_an_older_version_planned_is_judged_alike(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = ["1,7,1,2024-01-01,true,A,a", "2,7,1,2024-01-01,FALSE,B,a", "3,7,1,2024-01-01,no,C,a"]
    path.write_text("\n".join([",".join(CELLS), *rows, ""]))
    manifest = manifest_for(contract(), [path])
    now = converted(manifest)
    del manifest["rules"]["zones"]
    for field in manifest["rules"]["fields"]:
        del field["false_values"], field["zone"]
    assert converted(manifest).told == now.told
    assert now.report["counts"]["rejected"] == 1


def test_every_record_may_be_a_split_of_its_own() -> None:
    rows = ["1,1,,,,A,", "2,2,,,,A,", "1,3,,,,B,", "", '"a\nb",4,,,,C,', "9,x,,,,,", "1,5,,,,D,"]
    text = "\ufeffid,n,x,day,ok,code,kind\r\n" + "".join(f"{row}\r\n" for row in rows)
    for policy in ("reject", "first", "last"):
        what = contract(on_duplicate_key=policy)
        whole = results(what, "a.csv", text.encode())
        pieces = results(what, "a.csv", text.encode(), split_bytes=1, threads=4)
        assert len(pieces.manifest["files"][0]["splits"]) == len(rows)
        assert pieces.told == whole.told
        assert [row["line"] for row in whole.rejected] == [3, 4, 8, 9] if policy != "last" else True


def test_rows_with_surplus_fields_do_not_disturb_quoted_line_ends() -> None:
    rows = ['"a\nb",1,,,,,', "x,1,,,,,,,,,", '"c\r\nd",2,,,,,"a"']
    compare(contract(), "id,n,x,day,ok,code,kind\n" + "".join(f"{row}\n" for row in rows))


def test_what_looks_like_a_byte_order_mark_within_a_file_belongs_to_its_cell() -> None:
    what = Contract.parse(
        {
            "name": "things",
            "schema": {"fields": [{"name": "id"}, {"name": "a"}], "primaryKey": "id"},
            "sluice": {"table": "T"},
        }
    )
    found = results(what, "a.csv", "a,id\n\ufeffx,1\n\ufeffy,2\n".encode(), split_bytes=1)
    assert found.valid == '{"id":"1","a":"\ufeffx"}\n{"id":"2","a":"\ufeffy"}\n'
