"""Whose rows are meant: the same ones in each form in which a row is kept."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contracts.contract import Contract
from sluice.erasure.subject import Subject
from sluice.terminal.exits import OperatorError

CONTRACT = json.loads(
    (Path(__file__).parents[3] / "functions" / "contracts" / "customers.json").read_text()
)
COLUMNS = ("customer_mail", None, "customer_id")


def contract(kind: str = "string") -> Contract:
    document = json.loads(json.dumps(CONTRACT))
    document["schema"]["fields"][0] = {"name": "customer_id", "type": kind}
    return Contract.parse(document)


def subject(*values: str, kind: str = "string") -> Subject:
    return Subject.of(contract(kind), values)


@pytest.mark.parametrize(
    ("values", "row", "is_meant"),
    [
        pytest.param(["7"], {"customer_id": "7"}, True, id="the first part means all of it"),
        pytest.param(["7", "b"], {"customer_id": "7", "customer_mail": "a"}, False, id="both"),
        pytest.param(["7"], {"customer_id": "70"}, False, id="another that begins so"),
        pytest.param(["7"], {"customer_id": {"S": "7"}}, True, id="an item"),
        pytest.param(["7"], {"customer_mail": "7"}, False, id="in another field"),
    ],
)
def test_a_row_is_meant_by_its_key(values: list[str], row: Any, is_meant: bool) -> None:
    assert subject(*values).in_row(row) is is_meant


@pytest.mark.parametrize(
    ("raw", "is_meant"),
    [
        pytest.param("a@b,x,7", True, id="its column"),
        pytest.param("7,x,8", False, id="another column"),
        pytest.param("a@b,7", True, id="too few cells: any of them"),
        pytest.param('a"b,x,7', True, id="what nobody can read"),
        pytest.param('a@b,"x,7",8', False, id="a text that holds it"),
    ],
)
def test_a_rejected_record_is_meant_by_its_key(raw: str, is_meant: bool) -> None:
    assert subject("7").in_raw(COLUMNS, raw) is is_meant


@pytest.mark.parametrize("cell", ["7.5", "+07.50", " 7.5 "])
def test_a_number_is_one_number_however_it_is_written(cell: str) -> None:
    assert subject("7.50", kind="number").in_cells(COLUMNS, ["a", "x", cell])


@pytest.mark.parametrize("values", [[], ["1", "2", "3"]])
def test_a_key_has_its_parts(values: list[str]) -> None:
    with pytest.raises(OperatorError, match="customer_id \\+ customer_mail"):
        subject(*values)


def test_a_key_that_is_no_number_is_told() -> None:
    with pytest.raises(OperatorError, match="not in the form of a number"):
        subject("seven", kind="integer")


@given(st.lists(st.text("ab7\",;\n'", max_size=4), max_size=6), st.booleans())
def test_what_is_counted_is_what_is_taken_away(ids: list[str], compressed: bool) -> None:
    mine = subject("7")
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(
        [("customer_id", "name"), *((value, "n") for value in ids)]
    )
    body = text.getvalue().encode()
    stored = io.BytesIO(gzip.compress(body) if compressed else body)
    count = mine.in_file(stored)
    kept, rows = mine.without_records(text.getvalue())
    assert count == rows == sum(value in {"7", "'7"} for value in ids)
    assert mine.in_file(io.BytesIO(kept.encode())) == 0


def zipped(body: bytes, *names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, body)
    return target.getvalue()


TEXT = "customer_id,name\n7,Zoë\n8,Zoë\n"
PLAIN = TEXT.encode()


@pytest.mark.parametrize(
    ("body", "encoding", "members"),
    [
        pytest.param(gzip.compress(PLAIN), "utf-8", {}, id="gzip"),
        pytest.param(zipped(PLAIN, "a.csv"), "utf-8", {}, id="zip"),
        pytest.param(TEXT.encode("windows-1252"), "windows-1252", {}, id="windows-1252"),
        pytest.param(zipped(TEXT.encode("windows-1252"), "a.csv"), "windows-1252", {}, id="both"),
        pytest.param(TEXT.encode("utf-16"), "utf-16", {}, id="UTF-16 with a mark"),
        pytest.param(TEXT.encode("utf-16-le"), "utf-16", {}, id="UTF-16, little endian"),
        pytest.param(TEXT.encode("utf-16-be"), "utf-16", {}, id="UTF-16, big endian"),
        pytest.param(b"\xef\xbb\xbf7,x\n8,x\n", "utf-8", {"header": False}, id="a mark before it"),
        pytest.param(b"x\r7,x\r", "utf-8", {"lineTerminator": "\r"}, id="CR"),
        pytest.param(gzip.compress(PLAIN)[:-9], "utf-8", {}, id="cut off behind it"),
        pytest.param(gzip.compress(PLAIN)[:12], "utf-8", {}, id="cut off before it"),
        pytest.param(b"\x1f\x8b no gzip", "utf-8", {}, id="no gzip"),
        pytest.param(zipped(PLAIN, "a.csv", "b.csv"), "utf-8", {}, id="two files in one"),
    ],
)
def test_a_file_is_named_however_it_is_written(
    body: bytes, encoding: str, members: dict[str, Any]
) -> None:
    document = json.loads(json.dumps(CONTRACT)) | {"encoding": encoding, "dialect": members}
    mine = Subject.of(Contract.parse(document), ["7"])
    assert mine.in_file(io.BytesIO(body)) == 1


@given(st.text(min_size=1, max_size=5))
def test_no_form_of_a_row_is_passed_by(value: str) -> None:
    mine = subject(value)
    text = io.StringIO(newline="")
    csv.writer(text).writerow([value])
    for form in (
        json.dumps({"customer_id": value}),
        json.dumps({"customer_id": value}, ensure_ascii=False),
        text.getvalue(),
    ):
        assert mine.may_hold(form.encode("utf-8", "surrogatepass"))
