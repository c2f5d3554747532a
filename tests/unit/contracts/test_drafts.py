"""What a draft says of a file, and what it leaves to a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ContractError, FileRefusedError
from sluice.cli import main
from sluice.contracts.drafts import Draft, draft
from sluice.contracts.reading import MAX_CELL_CHARACTERS


def drafted(folder: Path, text: str | bytes, name: str = "a.csv", **options: Any) -> Draft:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return draft(path, "a", **options)


def infer(folder: Path, text: str, *options: str) -> Result:
    (folder / "a.csv").write_text(text)
    return CliRunner().invoke(main, ["contract", "infer", str(folder / "a.csv"), *options])


def rows(count: int, form: str) -> str:
    return "".join(form.format(n=n, m=n % 3) + "\n" for n in range(1, count + 1))


@pytest.mark.parametrize(
    ("cells", "type_"),
    [
        pytest.param(["1", "2"], "integer", id="whole numbers"),
        pytest.param(["1.5", "2"], "number", id="fractions"),
        pytest.param(["007", "010"], "string", id="zeros in front"),
        pytest.param(["+49301", "+49302"], "string", id="a plus in front"),
        pytest.param(["2024-01-02", "2024-02-03"], "date", id="days"),
        pytest.param(["03/04/2025", "05/06/2025"], "string", id="days or months first"),
        pytest.param(["2024-01-02T03:04:05Z"] * 2, "datetime", id="moments"),
        pytest.param(["ja", "nein"], "boolean", id="yes and no"),
        pytest.param(["ja", "ja"], "string", id="yes alone"),
        pytest.param(["1.250", "0.125"], "number", id="three decimals"),
        pytest.param(["12345678901234567890123456789012345678901", "1"], "string", id="too long"),
        pytest.param(["", ""], "string", id="nothing"),
    ],
)
def test_the_strictest_type_that_all_values_meet(
    cells: list[str], type_: str, tmp_path: Path
) -> None:
    body = "".join(f"k{n},{cell}\n" for n, cell in enumerate(cells))
    [_, field] = drafted(tmp_path, f"key,x\n{body}").document["schema"]["fields"]
    assert field["type"] == type_


@pytest.mark.parametrize("name", ["zip", "PLZ", "phone number", "ISBN", "card_number", "iban"])
def test_codes_are_told_by_their_names(name: str, tmp_path: Path) -> None:
    found = drafted(tmp_path, f"key,{name}\na,12345\nb,23456\n")
    assert found.document["schema"]["fields"][1]["type"] == "string"
    assert f"{name} stays text" in found.remarks[0]


def test_a_mark_that_parts_thousands_or_a_fraction_is_no_number(tmp_path: Path) -> None:
    found = drafted(tmp_path, "id;Preis\n1;1.250\n2;3.000\n")
    assert found.document["schema"]["fields"][1]["type"] == "string"
    assert "decimalChar and groupChar" in " ".join(found.remarks)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("a,id\nx,1\nx,2\n", "id", id="one column"),
        pytest.param("price,id\n1.5,7\n2.5,8\n", "id", id="no numbers with fractions"),
        pytest.param("a,b\nx,1\nx,2\ny,1\n", ["a", "b"], id="two columns"),
        pytest.param("a,b\n", "a", id="no rows"),
    ],
)
def test_the_key_tells_rows_apart(text: str, key: Any, tmp_path: Path) -> None:
    assert drafted(tmp_path, text).document["schema"]["primaryKey"] == key


@pytest.mark.parametrize(
    ("text", "generated"),
    [
        pytest.param("a,b,c\n" + "1,1,1\n1,1,2\n1,2,1\n2,1,1\n", "content", id="all differ"),
        pytest.param("a,b\nx,1\nx,1\n", "position", id="two are equal"),
    ],
)
def test_rows_without_a_key_get_one_and_a_person_is_told(
    text: str, generated: str, tmp_path: Path
) -> None:
    found = drafted(tmp_path, text)
    assert "primaryKey" not in found.document["schema"]
    assert found.document["sluice"]["generated_key"] == generated
    assert "say sluice.generated_key or schema.primaryKey" in found.remarks[-1]


@pytest.mark.parametrize(
    ("text", "is_doubted"),
    [
        pytest.param("city,name\nx,a\nx,b\n", True, id="few rows, no name of a key"),
        pytest.param("city,customer_id\nx,1\nx,2\n", False, id="the name of a key"),
        pytest.param("city,name\n" + rows(99, "x,{n}"), True, id="99 rows"),
        pytest.param("city,name\n" + rows(100, "x,{n}"), False, id="a hundred rows"),
    ],
)
def test_a_key_that_few_rows_suggest_is_left_to_a_person(
    text: str, *, is_doubted: bool, tmp_path: Path
) -> None:
    said = " ".join(drafted(tmp_path, text).remarks)
    assert ("tells apart" in said) == is_doubted


def test_a_column_that_is_nearly_a_key_is_named(tmp_path: Path) -> None:
    found = drafted(tmp_path, "id,b\n1,x\n" + rows(30, "{n},x"))
    assert "id nearly does, but repeats in 1 of 31 rows" in found.remarks[-1]


@pytest.mark.parametrize(
    ("text", "member", "value"),
    [
        pytest.param("a;b\n1;2\n", "delimiter", ";", id="a semicolon"),
        pytest.param("sep=|\na|b\n1|2\n", "delimiter", "|", id="said by the file"),
        pytest.param("a||b\n1||2\n", "delimiter", "||", id="of two characters"),
        pytest.param("a,b\n'x','y'\n'z','w'\n", "quoteChar", "'", id="single quotes"),
        pytest.param('a,b\n1,"x \\"y\\" z"\n', "escapeChar", "\\", id="backslashes"),
        pytest.param("1,x\n2,y\n3,z\n", "header", False, id="no header"),
        pytest.param("# of today\na,b\n1,x\n", "commentChar", "#", id="comments"),
        pytest.param("a, b, c\n1, 2, 3\n", "skipInitialSpace", True, id="blanks"),
        pytest.param("a,b\r1,x\r", "lineTerminator", "\r", id="lines of old Macs"),
        pytest.param("List,,\n,,\nid,b,c\n1,x,2\n", "headerRows", [3], id="titles"),
        pytest.param(
            ",2024,2024\nid,in,out\n1,2,3\n2,3,4\n3,4,5\n4,5,6\n5,6,7\n",
            "headerRows",
            [1, 2],
            id="two rows",
        ),
    ],
)
def test_the_dialect_is_told(text: str, member: str, value: Any, tmp_path: Path) -> None:
    assert drafted(tmp_path, text).document["dialect"][member] == value


@pytest.mark.parametrize(
    ("text", "member", "value"),
    [
        pytest.param("id,b,c\n1,x,2\nTotal,,2\n", "footer_rows", '"?Total.*', id="a sum"),
        pytest.param("id,b,c\n1,x,2\n,,\n", "empty_rows", "skip", id="rows of delimiters"),
        pytest.param("id,b\n1,x,\n2,y,\n", "long_rows", "trim", id="a delimiter too many"),
        pytest.param("id,b,c\n1,x,2\n2,y\n3,z,4\n", "short_rows", "fill", id="cells too few"),
    ],
)
def test_rows_that_are_none_are_told(text: str, member: str, value: Any, tmp_path: Path) -> None:
    assert drafted(tmp_path, text).document["sluice"][member] == value


@pytest.mark.parametrize(
    "footer",
    [
        pytest.param("* Summe;;7,50\n900 Positionen;;\n", id="SAP's sum and count"),
        pytest.param("(2 rows affected);;\n", id="a count with the row's delimiters"),
        pytest.param("(2 rows affected)\n", id="a count alone"),
        pytest.param(";17 Zeilen;\n", id="a count in the second column"),
        pytest.param("-----;;\n", id="a rule with the row's delimiters"),
    ],
)
def test_a_footer_that_is_taken_for_one_is_left_out_by_the_draft(
    footer: str, tmp_path: Path
) -> None:
    found = infer(tmp_path, "id;b;c\n" + rows(30, "{n};x{n};{n},50") + footer)
    assert "taken for a footer" in found.stderr
    assert "not accepted whole" not in found.stderr


def test_zeros_in_front_are_no_reason_to_declare_a_number(tmp_path: Path) -> None:
    found = drafted(tmp_path, "id,code\n" + rows(60, "{n},000{n}") + "61,extra\n")
    assert "line 62; it stays text, as zeros in front would be lost" in " ".join(found.remarks)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252", "windows-1251"])
def test_the_encoding_is_told(encoding: str, tmp_path: Path) -> None:
    text = "id;ort\n1;Москва\n" if encoding == "windows-1251" else "id;ort\n1;Köln\n"
    assert drafted(tmp_path, text.encode(encoding)).document["encoding"] == encoding


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark(order: str, tmp_path: Path) -> None:
    found = drafted(tmp_path, "id;ort\n1;Köln\n".encode(order))
    assert found.document["encoding"] == "utf-16"
    assert [field["name"] for field in found.document["schema"]["fields"]] == ["id", "ort"]


def test_absent_values_are_taken_out_of_numbers_only(tmp_path: Path) -> None:
    numbers = drafted(tmp_path, "id,n\n1,5\n2,n/a\n3,7\n").document["schema"]
    assert numbers["missingValues"] == ["", "n/a"]
    both = drafted(tmp_path, "id,n,t\n1,5,n/a\n2,n/a,b\n3,7,c\n")
    assert both.document["schema"]["missingValues"] == [""]
    assert "n stays text: 'n/a' stands for no value in it" in " ".join(both.remarks)


def test_a_number_far_below_all_others_stands_for_no_value_and_a_person_is_told(
    tmp_path: Path,
) -> None:
    measured = "id,t\n" + rows(20, "{n},1{m}.5") + "a,-999\nb,-999\nc,-999\n"
    found = drafted(tmp_path, measured)
    assert found.document["schema"]["missingValues"] == ["", "-999"]
    assert "t: -999 (3 rows) is far below all other values" in " ".join(found.remarks)
    last = "a,-999,-999\nb,-999,1\nc,-999,1\n"
    elsewhere = drafted(tmp_path, "id,t,n\n" + rows(20, "{n},1{m}.5,-{n}") + last)
    assert elsewhere.document["schema"]["missingValues"] == [""]


def test_constraints_rest_on_evidence_and_say_so(tmp_path: Path) -> None:
    few = drafted(tmp_path, "id,kind\n" + rows(19, "{n},k{m}"))
    assert not few.evidence
    many = drafted(tmp_path, "id,kind\n" + rows(300, "{n},k{m}"))
    number, kind = (field["constraints"] for field in many.document["schema"]["fields"])
    assert number == {"required": True, "minimum": 0}
    assert kind == {"required": True, "enum": ["k0", "k1", "k2"]}
    assert [words.partition(":")[0] for words in many.evidence] == ["required", "id", "kind"]


def test_a_column_that_nearly_fits_is_named_with_the_line(tmp_path: Path) -> None:
    found = infer(tmp_path, "id,credit_limit\n" + rows(15, "{n},{n}.5") + "16,ask\n" + rows(
        1984, "{n}00,{n}.5"
    ))  # fmt: skip
    assert found.exit_code == 0
    assert "credit_limit is a number but for 1 of 2,000 rows: line 17" in found.stderr


def test_the_draft_is_tried_and_what_does_not_fit_is_told(tmp_path: Path) -> None:
    found = infer(tmp_path, "id,b\n1,x\n2,y,z\n3,w\n")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["name"] == "a"
    assert "row: structure (1 rows): line 3, the row has 3 fields" in found.stderr


def test_columns_without_a_name_of_their_own_are_not_left_out_silently(tmp_path: Path) -> None:
    found = infer(tmp_path, "id,n,n\n1,2,3\n2,3,4\n")
    assert found.exit_code == 1
    assert "column 3 has the name of another one ('n')" in found.stderr


def test_a_person_may_say_where_the_header_is(tmp_path: Path) -> None:
    found = drafted(tmp_path, "x,y\nid,n\n1,2\n", header_line=2)
    assert [field["name"] for field in found.document["schema"]["fields"]] == ["id", "n"]


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        pytest.param('"(1,234.50)"', "17.00", "'(1,234.50)'", id="parentheses, as banks write"),
        pytest.param("17.00", "20.00-", "'20.00-'", id="a minus behind, as SAP writes"),
    ],
)
def test_negative_numbers_that_no_contract_reads_are_named(
    first: str, second: str, shown: str, tmp_path: Path
) -> None:
    text = f"id,amount\n1,{first}\n2,{second}\n" + "".join(f"{n},5.00\n" for n in range(3, 40))
    found = drafted(tmp_path, text)
    assert found.document["schema"]["fields"][1]["type"] == "string"
    assert f"amount stays text: {shown} is a negative number" in " ".join(found.remarks)
    assert "may be titles and header" not in " ".join(found.remarks)


def test_a_pair_of_columns_is_no_key_unsaid_where_one_repeats_in_few_rows(tmp_path: Path) -> None:
    text = "id,name\n" + "".join(f"{n},Bob\n" for n in range(200)) + "7,Eve\n"
    found = drafted(tmp_path, text)
    assert found.document["schema"]["primaryKey"] == ["id", "name"]
    assert "id alone repeats in 1 of 201 rows" in found.remarks[-1]


@pytest.mark.parametrize("encoding", ["nonsense", "base64", "rot13", "utf-32"])
def test_an_encoding_that_is_none_or_not_the_files_is_refused(
    encoding: str, tmp_path: Path
) -> None:
    with pytest.raises(FileRefusedError, match=encoding):
        drafted(tmp_path, "id,n\n1,2\n", encoding=encoding)


@pytest.mark.parametrize("third", ["2,x\ry", '"2"x,y\rz', '2," x"\ry'])
def test_a_lone_carriage_return_is_refused_by_its_line(tmp_path: Path, third: str) -> None:
    with pytest.raises(FileRefusedError, match="line 3 has a lone carriage return"):
        drafted(tmp_path, f"id,name\n1,a\n{third}\n3,b\n")


def test_a_cell_that_is_too_long_is_no_lone_carriage_return(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="larger than field limit"):
        drafted(tmp_path, f"id,name\n1,{'x' * (MAX_CELL_CHARACTERS + 1)}\n")


def test_more_rows_than_asked_for_are_not_looked_at(tmp_path: Path) -> None:
    found = drafted(tmp_path, "id,n\n1,1\n2,2\n3,x\n", max_rows=3)
    assert found.document["schema"]["fields"][1]["type"] == "integer"
    assert "only the first 2 rows" in found.remarks[0]


@settings(deadline=None, max_examples=150)
@given(st.one_of(
    st.binary(max_size=60),
    st.text(alphabet='ab1;,"\n\r\t#\'\\ä=-\x1a\ufeff', max_size=60).map(str.encode),
))  # fmt: skip
def test_no_file_breaks_it(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    try:
        found = draft(path, "a")
    except (FileRefusedError, ContractError):
        return
    assert found.document["schema"]["fields"]
