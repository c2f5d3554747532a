"""Files that readers get wrong, and the verdict that each must get.

Three verdicts: the file is delivered exactly, it is refused as a whole with a code, or single rows
are rejected by line and rule while all others are delivered exactly.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One file: its bytes, and what must come of it."""

    id: str
    body: bytes
    contract: str = "plain"
    name: str = "file.csv"
    refused: str | None = None
    valid: tuple[Row, ...] = ()
    rejected: tuple[tuple[int, str], ...] = ()
    """(line, the first broken rule) of each rejected row."""


def contract_of(fields: list[Any], **sluice: Any) -> dict[str, Any]:
    schema = {"fields": fields, "primaryKey": fields[0]["name"]}
    return {"name": "cases", "schema": schema, "sluice": {"table": "T", **sluice}}


PLAIN = [{"name": "id"}, {"name": "name"}, {"name": "note"}]
TYPED: list[Row] = [
    {"name": "id"},
    {"name": "n", "type": "integer"},
    {"name": "x", "type": "number"},
    {"name": "day", "type": "date"},
    {"name": "ok", "type": "boolean"},
]
CONTRACTS: dict[str, dict[str, Any]] = {
    "plain": contract_of(PLAIN),
    "ignore": contract_of(PLAIN, extra_columns="ignore"),
    "first": contract_of(PLAIN, on_duplicate_key="first"),
    "last": contract_of(PLAIN, on_duplicate_key="last"),
    "one": contract_of([{"name": "id"}]),
    "typed": contract_of(TYPED),
    "accents": contract_of([{"name": "id"}, {"name": "naïve name"}]),
}


def rows_of(*rows: tuple[str | None, ...]) -> tuple[Row, ...]:
    names = ("id", "name", "note")
    return tuple({n: v for n, v in zip(names, row, strict=False) if v is not None} for row in rows)


def _accepted(id_: str, body: bytes | str, *rows: tuple[str | None, ...], **more: Any) -> Case:
    encoded = body.encode() if isinstance(body, str) else body
    return Case(id=id_, body=encoded, valid=rows_of(*rows), **more)


def refusal(id_: str, body: bytes | str, code: str, **more: Any) -> Case:
    encoded = body.encode() if isinstance(body, str) else body
    return Case(id=id_, body=encoded, refused=code, **more)


H = "id,name,note\n"
GOOD: Row = {"id": "1", "n": 1, "x": "1.5", "day": "2024-01-01", "ok": True}
ONE, TWO = ("1", "a", "b"), ("2", "c", "d")

ACCEPTED = [
    _accepted("plain", H + "1,a,b\n2,c,d\n", ONE, TWO),
    _accepted("no final line end", H + "1,a,b\n2,c,d", ONE, TWO),
    _accepted("CRLF", (H + "1,a,b\n2,c,d\n").replace("\n", "\r\n"), ONE, TWO),
    _accepted("mixed line ends", H + "1,a,b\r\n2,c,d\n", ONE, TWO),
    _accepted("CRLF header, LF rows", "id,name,note\r\n1,a,b\n2,c,d\n", ONE, TWO),
    _accepted("byte order mark", "\ufeff" + H + "1,a,b\n", ONE),
    _accepted("byte order mark and quoted header", '\ufeff"id","name","note"\n1,a,b\n', ONE),
    _accepted("quoted line feed", H + '1,"a\nb",c\n2,c,d\n', ("1", "a\nb", "c"), TWO),
    _accepted("quoted CRLF stays CRLF", H + '1,"a\r\nb",c\r\n', ("1", "a\r\nb", "c")),
    _accepted("quoted CRLF in an LF file", H + '1,"a\r\nb",c\n', ("1", "a\r\nb", "c")),
    _accepted("quoted LF in a CRLF file", 'id,name,note\r\n1,"a\nb",c\r\n', ("1", "a\nb", "c")),
    _accepted("quoted lone CR", H + '1,"a\rb",c\n2,c,d\n', ("1", "a\rb", "c"), TWO),
    _accepted("line feed in the last field", H + '1,a,"b\nc"\n2,c,d\n', ("1", "a", "b\nc"), TWO),
    _accepted("line feed at the very end", H + '1,a,"b\n"', ("1", "a", "b\n")),
    _accepted("only line feeds in quotes", H + '1,"\n\n",b\n', ("1", "\n\n", "b")),
    _accepted("quoted delimiter", H + '1,"a,b",c\n', ("1", "a,b", "c")),
    _accepted("doubled quote", H + '1,"a ""b"" c",d\n', ("1", 'a "b" c', "d")),
    _accepted("field of one quote", H + '1,"""",b\n', ("1", '"', "b")),
    _accepted("field of quotes and delimiters", H + '1,""",""",b\n', ("1", '","', "b")),
    _accepted("backslash before a closing quote", H + '1,"C:\\d\\",b\n', ("1", "C:\\d\\", "b")),
    _accepted("backslashes", H + "1,\\n\\t\\,b\n", ("1", "\\n\\t\\", "b")),
    _accepted("blank lines", H + "\n1,a,b\n\n\r\n2,c,d\n\n", ONE, TWO),
    _accepted("padded header cells", " id ,name\t, note\n1,a,b\n", ONE),
    _accepted("reordered columns", "note,id,name\nb,1,a\n", ONE),
    _accepted("blanks in values stay", H + "1, a , b\n", ("1", " a ", " b")),
    _accepted("empty and quoted-empty cells", H + '1,,""\n', ("1", None, None)),
    _accepted("texts NA, null, None", H + "NA,null,None\n", ("NA", "null", "None")),
    _accepted("leading zeros are text", H + "007,7,a\n7,7,a\n", ("007", "7", "a"), ("7", "7", "a")),
    _accepted("a field of 130 KB", H + f"1,{'x' * 130_000},b\n", ("1", "x" * 130_000, "b")),
    _accepted("no-break space", H + "1,\u00a0,b\n", ("1", "\u00a0", "b")),
    _accepted("emoji", H + "1,👩‍👩‍👧,b\n", ("1", "👩‍👩‍👧", "b")),
    _accepted("U+2028 and U+2029", H + "1,a\u2028b,c\u2029\n", ("1", "a\u2028b", "c\u2029")),
    _accepted("U+0085", H + "1,a\u0085b,c\n", ("1", "a\u0085b", "c")),
    _accepted("vertical tab and form feed", H + "1,a\x0bb,c\x0c\n", ("1", "a\x0bb", "c\x0c")),
    _accepted("control characters", H + "1,\x01\x1f\x7f,b\n", ("1", "\x01\x1f\x7f", "b")),
    _accepted("noncharacters", H + "1,\ufdd0\uffff,b\n", ("1", "\ufdd0\uffff", "b")),
    _accepted("formulas stay text", H + "1,=1+1,@x\n", ("1", "=1+1", "@x")),
    _accepted("keys in NFC and NFD differ", H + "é,a,b\ne\u0301,a,b\n",
              ("é", "a", "b"), ("e\u0301", "a", "b")),
    _accepted("header only", H),
    _accepted("header only, no line end", "id,name,note"),
    _accepted("gzip", gzip.compress((H + "1,a,b\n").encode()), ONE, name="file.csv.gz"),
    _accepted("gzip of several members", gzip.compress((H + "1,a").encode())
              + gzip.compress(b",b\n2,c,d\n"), ONE, TWO, name="file.csv.gz"),
    _accepted("gzip with quoted line feeds", gzip.compress((H + '1,"a\nb",c\n').encode()),
              ("1", "a\nb", "c"), name="file.csv.gz"),
    _accepted("an extra column, ignored", "id,x,name,note\n1,?,a,b\n", ONE, contract="ignore"),
    Case(id="accented column names", body="naïve name,id\na,1\n".encode(), contract="accents",
         valid=({"id": "1", "naïve name": "a"},)),
    _accepted("one column", "id\n1\n\n2\n", ("1",), ("2",), contract="one"),
    _accepted("one quoted column", 'id\n"1"\n"2,3"\n', ("1",), ("2,3",), contract="one"),
]  # fmt: skip

REFUSED = [
    refusal("empty", "", "empty"),
    refusal("only line ends", "\n\r\n\n", "empty"),
    refusal("UTF-16 with mark", (H + "1,a,b\n").encode("utf-16"), "utf16"),
    refusal("UTF-16 without mark", (H + "1,a,b\n").encode("utf-16-le"), "nul_bytes"),
    refusal("Latin-1", (H + "1,Müller,b\n").encode("latin-1"), "encoding"),
    refusal("Latin-1 header", "id,näme,note\n".encode("latin-1"), "encoding"),
    refusal("Windows-1252", H.encode() + b"1,\x93quoted\x94,b\n", "encoding"),
    refusal("truncated UTF-8", H.encode() + b"1,a,\xc3", "encoding"),
    refusal("overlong UTF-8", H.encode() + b"1,\xc0\xaf,b\n", "encoding"),
    refusal("surrogates", H.encode() + b"1,\xed\xa0\x80,b\n", "encoding"),
    refusal("NUL bytes", H.encode() + b"1,a\x00,b\n", "nul_bytes"),
    refusal("CR only", (H + "1,a,b\n").replace("\n", "\r"), "carriage_return"),
    refusal("CR CR LF", (H + "1,a,b\n").replace("\n", "\r\r\n"), "carriage_return"),
    refusal("a lone CR in a field", H + "1,a\rb,c\n", "carriage_return"),
    refusal("a lone CR at the end", H + "1,a,b\r", "carriage_return"),
    refusal("semicolons", H.replace(",", ";") + "1;a;b\n", "delimiter"),
    refusal("tabs", H.replace(",", "\t") + "1\ta\tb\n", "delimiter"),
    refusal("backslash escapes", H + '1,"say \\"hi\\"",b\n', "backslash_escape"),
    refusal("backslash escapes before a delimiter", H + '1,"a\\",b",c\n', "backslash_escape"),
    refusal("an open quote", H + '1,"a,b\n2,c,d\n', "unclosed_quote"),
    refusal("an open quote at the very end", H + '1,a,b\n2,c,"d', "unclosed_quote"),
    refusal("an open quote as the last byte", H + '1,a,"', "unclosed_quote"),
    refusal("a stray quote among multiline fields", H + '1,a"b,"c\nd"\n', "ambiguous_quotes"),
    refusal("no header", "1,a,b\n2,c,d\n", "no_header"),
    refusal("a column twice", "id,name,name,note\n1,a,a,b\n", "duplicate_column"),
    refusal("a column twice by case", "id,name,note,NAME\n1,a,b,c\n", "duplicate_column"),
    refusal("a column without a name", "id,name,,note\n1,a,,b\n", "empty_column_name"),
    refusal("a trailing delimiter in the header", "id,name,note,\n1,a,b,\n", "empty_column_name"),
    refusal("a missing column", "id,name\n1,a\n", "missing_column"),
    refusal("another case", "ID,NAME,NOTE\n1,a,b\n", "missing_column"),
    refusal("an unexpected column", "id,name,note,more\n1,a,b,c\n", "unexpected_column"),
    refusal("25,000 columns", ",".join(f"c{i}" for i in range(25_000)) + "\n", "no_header"),
    refusal("25,000 more columns", H.strip() + "".join(f",c{i}" for i in range(25_000)) + "\n",
             "unexpected_column"),
    refusal("a header over two lines", 'id,"na\nme",note\n1,a,b\n', "header_quotes"),
    refusal("a blank first line", "\n" + H + "1,a,b\n", "blank_first_line"),
    refusal("HTML", "<!DOCTYPE html><html><body>Not found</body></html>\n", "html"),
    refusal("JSON", '{"id": "1", "name": "a"}\n', "json"),
    refusal("a workbook", b"PK\x03\x04" + b"\x14\x00" * 40, "zip_or_xlsx"),
    refusal("a sep= line of another delimiter", "sep=;\n" + H + "1,a,b\n", "delimiter"),
    refusal("a comment line", "# made by hand\n" + H + "1,a,b\n", "preamble"),
    refusal("gzip named .csv", gzip.compress(H.encode()), "gzip_named_csv"),
    refusal("text named .gz", H, "not_gzip", name="file.csv.gz"),
    refusal("truncated gzip", gzip.compress((H + "1,a,b\n" * 99).encode())[:-9], "gzip_truncated",
             name="file.csv.gz"),
    refusal("damaged gzip", gzip.compress(H.encode() * 99)[:-8] + b"\xff" * 8, "gzip_broken",
             name="file.csv.gz"),
    refusal("text after gzip", gzip.compress(H.encode()) + b"1,a,b\n", "gzip_trailing_bytes",
             name="file.csv.gz"),
    refusal("a gzip bomb", gzip.compress((H + "1,a,b\n" * 4_000_000).encode()), "gzip_bomb",
             name="file.csv.gz"),
    refusal("another extension", H, "extension", name="file.pdf"),
    refusal("a record of 6 MB", H + f"1,{'x' * 6_000_000},b\n", "record_too_long"),
]  # fmt: skip


def _mixed(id_: str, bad: str, rule: str, *, contract: str = "plain") -> Case:
    """A bad row between two good ones."""
    return Case(
        id=id_, body=f"{H}1,a,b\n{bad}\n2,c,d\n".encode(), contract=contract,
        valid=rows_of(ONE, TWO), rejected=((3, rule),),
    )  # fmt: skip


def _typed(id_: str, cells: str, rule: str = "type") -> Case:
    body = f"id,n,x,day,ok\n1,1,1.5,2024-01-01,true\n2,{cells}\n"
    return Case(id=id_, body=body.encode(), contract="typed", valid=(GOOD,), rejected=((3, rule),))


REJECTED = [
    _mixed("too short", "x,y", "structure"),
    _mixed("too long", "x,y,z,!", "structure"),
    _mixed("one empty trailing field", "x,y,z,", "structure"),
    _mixed("three empty trailing fields", "x,y,z,,,", "structure"),
    _mixed("only delimiters", ",,", "required"),
    _mixed("only blanks", "   ", "structure"),
    _mixed("control Z", "\x1a", "structure"),
    _mixed("a stray quote in an unquoted field", 'x,y"z,!', "structure"),
    _mixed("a quote at the end of an unquoted field", 'x,y",z', "structure"),
    _mixed("text after a closing quote", 'x,"y"z,!', "structure"),
    _mixed("a blank after a closing quote", 'x,"y" ,z', "structure"),
    _mixed("a blank before an opening quote", 'x, "y",z', "structure"),
    _mixed("doubled quotes without quotes", 'x,y""z,!', "structure"),
    _mixed("an empty key", ",y,z", "required"),
    _mixed("a quoted-empty key", '"",y,z', "required"),
    _mixed("a zero-width space in the key", "x\u200b,y,z", "key_characters"),
    _mixed("a direction override in the key", "\u202ex,y,z", "key_characters"),
    _mixed("a byte order mark in the key", "\ufeffx,y,z", "key_characters"),
    _mixed("the header again", "id,name,note", "structure"),
    _mixed("a row over 399 KB", f"x,{'y' * 410_000},z", "item_size"),
    _mixed("a key over 2,048 bytes", f"{'é' * 1_025},y,z", "key_size"),
    _mixed("a second row of the same key", "1,other,text", "primaryKey"),
    _mixed("the same row again", "1,a,b", "primaryKey"),
    _mixed("the same key, first wins", "1,other,text", "primaryKey", contract="first"),
    Case(id="the same key, last wins", body=f"{H}1,old,old\n2,c,d\n1,a,b\n".encode(),
         contract="last", valid=rows_of(TWO, ONE), rejected=((2, "primaryKey"),)),
    Case(id="an invalid row occupies no key", body=f"{H}1,x\n1,a,b\n".encode(),
         valid=rows_of(ONE), rejected=((2, "structure"),)),
    Case(id="a short row in a file of long fields", body=f'{H}1,"a\nb",c\nx,y\n2,c,d\n'.encode(),
         valid=rows_of(("1", "a\nb", "c"), TWO), rejected=((4, "structure"),)),
    Case(id="a bad row after blank lines", body=f"{H}\n\n1,a,b\n\nx,y\n".encode(),
         valid=rows_of(ONE), rejected=((6, "structure"),)),
    Case(id="a bad row in gzip", body=gzip.compress(f"{H}1,a,b\nx,y\n".encode()),
         name="file.csv.gz", valid=rows_of(ONE), rejected=((3, "structure"),)),
    _typed("an exponent", "1,1e400,2024-01-01,true"),
    _typed("NaN", "1,NaN,2024-01-01,true"),
    _typed("Infinity", "1,Infinity,2024-01-01,true"),
    _typed("39 digits", f"{'9' * 39},1,2024-01-01,true"),
    _typed("thousands separators", '1,"1,000.00",2024-01-01,true'),
    _typed("a decimal comma", '1,"1,5",2024-01-01,true'),
    _typed("hexadecimal", "0x1F,1,2024-01-01,true"),
    _typed("underscores", "1_000,1,2024-01-01,true"),
    _typed("digits that are not ASCII", "١٢,1,2024-01-01,true"),
    _typed("a fraction is no integer", "1.0,1,2024-01-01,true"),
    _typed("no-break space around a number", "\u00a01,1,2024-01-01,true"),
    _typed("30 February", "1,1,2025-02-30,true"),
    _typed("29 February 1900", "1,1,1900-02-29,true"),
    _typed("another order of day and month", "1,1,03/04/2025,true"),
    _typed("a date with time", "1,1,2024-01-01 00:00:00,true"),
    _typed("a date of two digits", "1,1,24-01-01,true"),
    _typed("yes is no boolean", "1,1,2024-01-01,yes"),
    Case(id="a line feed after a number", contract="typed",
         body=b'id,n,x,day,ok\n1,1,1.5,2024-01-01,true\n2,"1\n",1,2024-01-01,true\n',
         valid=(GOOD,), rejected=((3, "type"),)),
]  # fmt: skip

NUMBERS = [
    Case(id="exact decimals", contract="typed",
         body=b"id,n,x,day,ok\n1,999999999999999999,12345678901234567.89,,\n",
         valid=({"id": "1", "n": 999999999999999999, "x": "12345678901234567.89"},)),
    Case(id="minus zero, plus, zeros, padding", contract="typed",
         body=b"id,n,x,day,ok\n1,-0,+007.500,,0\n2, 12 ,-0.0,,1\n",
         valid=({"id": "1", "n": 0, "x": "7.5", "ok": False},
                {"id": "2", "n": 12, "x": "0", "ok": True})),
]  # fmt: skip


CASES = [*ACCEPTED, *REFUSED, *REJECTED, *NUMBERS]
