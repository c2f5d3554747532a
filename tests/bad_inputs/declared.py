"""Files that are read because their contract says how: each permission, given and not given."""

from __future__ import annotations

from typing import Any

from tests.bad_inputs.catalogue import (
    ONE,
    PLAIN,
    TWO,
    TYPED,
    Case,
    H,
    Row,
    contract_of,
    refusal,
    rows_of,
)


def _declared(
    encoding: str = "utf-8", match: str = "equal", missing: tuple[str, ...] = ("",),
    sluice: Any = None, **dialect: Any,
) -> dict[str, Any]:  # fmt: skip
    """The contract of plain files with one permission."""
    document = contract_of(PLAIN, **(sluice or {}))
    document["schema"] |= {"fieldsMatch": match, "missingValues": list(missing)}
    return document | {"encoding": encoding, "dialect": dialect}


def _typed(sluice: Any = None, **members: Any) -> dict[str, Any]:
    """The contract of typed files whose columns are written otherwise."""
    fields = [field | members.get(field["name"], {}) for field in TYPED]
    return contract_of(fields, **(sluice or {})) | {"dialect": {"delimiter": "\t"}}


def _numbers(
    id_: str, contract: str, cells: str, row: Row | None = None, rule: str = "type"
) -> Case:
    """A row under a contract of typed columns: delivered, or a value breaks a rule."""
    body = f"id|n|x|day|ok\n1|{cells}|\n".replace("|", "\t").encode()
    valid = ({"id": "1", **row},) if row else ()
    rejected = () if row else ((2, rule),)
    return Case(id=id_, body=body, contract=contract, valid=valid, rejected=rejected)


CONTRACTS = {
    "utf-16": _declared("utf-16"),
    "utf-16-le": _declared("utf-16-le"),
    "latin-1": _declared("iso-8859-1"),
    "windows-1252": _declared("windows-1252", delimiter=";"),
    "shift_jis": _declared("shift_jis"),
    "gb18030": _declared("gb18030"),
    "cr": _declared(lineTerminator="\r"),
    "no header": _declared(header=False),
    "row 3": _declared(headerRows=[3]),
    "rows 1 and 2": _declared(headerRows=[1, 2], headerJoin=""),
    "comments": _declared(commentChar="#"),
    "blanks": _declared(skipInitialSpace=True),
    "escapes": _declared(escapeChar="\\", missing=("\\N", "")),
    "escapes only": _declared(escapeChar="\\", doubleQuote=False),
    "no quotes": _declared(quoteChar=None, delimiter="\t"),
    "pipes": _declared(delimiter="||"),
    "footer": _declared(sluice={"footer_rows": 2}),
    "totals": _declared(sluice={"footer_rows": r"(?:Total,.*|\(\d+ rows\))"}),
    "short": _declared(sluice={"short_rows": "fill"}),
    "long": _declared(sluice={"long_rows": "trim"}),
    "empty rows": _declared(sluice={"empty_rows": "skip"}),
    "exact": _declared(match="exact"),
    "subset": _declared(match="subset"),
    "superset": _declared(match="superset"),
    "partial": _declared(match="partial"),
    "German": _typed(
        n={"groupChar": "."}, x={"decimalChar": ",", "groupChar": "."}, day={"format": "%d.%m.%Y"}
    ),
    "money": _typed(x={"bareNumber": False, "groupChar": ","}, day={"format": "%-m/%-d/%Y"}),
    "science": _typed(
        x={"exponent": True, "digits": 38, "decimals": 20},
        n={"digits": 38},
        day={"format": "%d-%b-%y"},
    ),
    "Berlin": _typed(
        day={
            "type": "datetime",
            "format": "%d.%m.%Y %H:%M",
            "zone": "Europe/Berlin",
            "constraints": {"minimum": "01.01.2024 00:00"},
        }
    ),
    "no known zone": _typed(day={"type": "datetime", "format": "%d.%m.%Y %H:%M", "zone": "local"}),
    "zeros": _typed(sluice={"leading_zeros": "reject"}),
    "ignores": _declared(sluice={"header_ignores": ["case", "blanks", "invisible"]}),
}


def _permitted(
    id_: str, contract: str, body: bytes | str, *rows: tuple[str | None, ...],
    refused: str = "", rejected: tuple[tuple[int, str], ...] = (),
) -> list[Case]:  # fmt: skip
    """A file that its contract permits, and what comes of it under one that does not."""
    encoded = body.encode() if isinstance(body, str) else body
    declared = Case(
        id=id_, body=encoded, contract=contract, valid=rows_of(*rows), rejected=rejected
    )
    other = [refusal(f"{id_}, not declared", encoded, refused)] if refused else []
    return [declared, *other]


TEXT = H + "1,Müller,b\n2,c,d\n"
MUELLER = ("1", "Müller", "b")
JAPANESE = H + "1,日本,b\n2,ソ,d\n"
CASES = [
    *_permitted("UTF-16, declared", "utf-16", TEXT.encode("utf-16"), MUELLER, TWO, refused="utf16"),
    *_permitted("UTF-16 big endian without mark", "utf-16", TEXT.encode("utf-16-be"), MUELLER, TWO,
                refused="nul_bytes"),
    *_permitted("UTF-16-LE with mark", "utf-16-le", TEXT.encode("utf-16"), MUELLER, TWO),
    *_permitted("Latin-1, declared", "latin-1", TEXT.encode("latin-1"), MUELLER, TWO,
                refused="encoding"),
    *_permitted("Latin-1 with a quoted line feed and a bad row", "latin-1",
                (H + '1,"Mü\nller",b\nü\n').encode("latin-1"), ("1", "Mü\nller", "b"),
                refused="encoding", rejected=((4, "structure"),)),
    *_permitted("Windows-1252 with semicolons", "windows-1252",
                "id;name;note\r\n1;5 € “x”;b\r\n".encode("cp1252"), ("1", "5 € “x”", "b"),
                refused="encoding"),
    refusal("an undefined byte of Windows-1252", b"id;name;note\n1;\x81;b\n", "encoding",
             contract="windows-1252"),
    *_permitted("Shift JIS", "shift_jis", JAPANESE.encode("shift_jis"), ("1", "日本", "b"),
                ("2", "ソ", "d"), refused="encoding"),
    *_permitted("GB 18030", "gb18030", JAPANESE.encode("gb18030"), ("1", "日本", "b"),
                ("2", "ソ", "d"), refused="encoding"),
    refusal("UTF-8 under UTF-16", TEXT + "x", "encoding", contract="utf-16"),
    *_permitted("CR only, declared", "cr", (H + '1,a,"b\rc"\nx\n2,c,d').replace("\n", "\r"),
                ("1", "a", "b\rc"), TWO, refused="carriage_return", rejected=((3, "structure"),)),
    refusal("CRLF under CR", TEXT.replace("\n", "\r\n"), "crlf", contract="cr"),
    refusal("LF under CR", H + "1,a,b\n", "line_feed", contract="cr"),
    *_permitted("a sep= line", "plain", "sep=,\n" + H + "1,a,b\nx\n", ONE,
                rejected=((4, "structure"),)),
    *_permitted("no header, declared", "no header", "1,a,b\n2,c,d\nx,y\n", ONE, TWO,
                refused="no_header", rejected=((3, "structure"),)),
    *_permitted("a header where none is declared", "no header", H + "1,a,b\n", ONE,
                rejected=((1, "structure"),)),
    *_permitted("title lines", "row 3", 'A "title"\n\n' + H + "1,a,b\nx\n", ONE,
                refused="no_header", rejected=((5, "structure"),)),
    *_permitted("a header of two rows", "rows 1 and 2", "i,na,\nd,me,note\n1,a,b\n", ONE,
                refused="no_header"),
    *_permitted("comments", "comments", "# made by hand\n" + H + '1,a,b\n# "\n#\nx\n2,c,d\n',
                ONE, TWO, refused="preamble", rejected=((6, "structure"),)),
    *_permitted("blanks after delimiters", "blanks", 'id, name, note\n1, a,b\n2,  "c",d\n',
                ONE, TWO),
    *_permitted("escaped quotes", "escapes",
                H + '1,"say \\"hi\\"",\\N\n2,c\\,d,"a\\\nb"\nx,\\n,y\n',
                ("1", 'say "hi"', None), ("2", "c,d", "a\nb"), refused="backslash_escape",
                rejected=((5, "structure"),)),
    *_permitted("quotes are not doubled", "escapes only", H + '1,"a","b"\n2,"c""",d\n', ONE,
                rejected=((3, "structure"),)),
    *_permitted("quotes are text", "no quotes", 'id\tname\tnote\n1\t5" pipe\t"b\n',
                ("1", '5" pipe', '"b'), refused="delimiter"),
    *_permitted("two pipes", "pipes", 'id||name||note\n1||a,b||"c||d"\nx||y\n2||c"||d\n',
                ("1", "a,b", "c||d"), refused="delimiter",
                rejected=((3, "structure"), (4, "structure"))),
    *_permitted("two footer rows", "footer", H + "1,a,b\n2,c,d\n\nTotal,2\n(end)\n", ONE, TWO),
    refusal("fewer rows than the footer has", H + "1,a,b\n", "footer", contract="footer"),
    *_permitted("totals and a count", "totals", H + "1,a,b\nTotal,1\n(2 rows)\n", ONE),
    *_permitted("totals in between stay rows", "totals", H + "Total,1\n1,a,b\n(2 rows)\n", ONE,
                rejected=((2, "structure"),)),
    *_permitted("short rows, declared", "short", H + "1,a\n2,c,d\n3,e,f,\n", ("1", "a", None), TWO,
                rejected=((4, "structure"),)),
    *_permitted("long rows, declared", "long", H + '1,a,b,,\n2,c,d,"",x\n3,e\n', ONE,
                rejected=((3, "structure"), (4, "structure"))),
    *_permitted("empty rows, declared", "empty rows", H + ',,\n1,a,b\n"",,,\nx\n', ONE,
                rejected=((5, "structure"),)),
    *_permitted("the same columns in order", "exact", H + "1,a,b\n", ONE),
    refusal("the same columns in another order", "name,id,note\na,1,b\n", "column_order",
             contract="exact"),
    *_permitted("unnamed, unknown and duplicate columns", "subset",
                "id,x,,name,x,,note\n1,?,?,a,?,?,b\n2,?,?,c\n", ONE, refused="empty_column_name",
                rejected=((3, "structure"),)),
    refusal("a wanted column twice", "id,name,note,name\n1,a,b,c\n", "duplicate_column",
             contract="subset"),
    refusal("a missing column under subset", "id,name\n1,a\n", "missing_column",
             contract="subset"),
    *_permitted("a column is missing", "superset", "name,id\na,1\n,2\nx\n", ("1", "a"), ("2",),
                refused="missing_column", rejected=((4, "structure"),)),
    refusal("the key is missing", "name,note\na,b\n", "missing_column", contract="superset"),
    refusal("an unknown column under superset", "id,x\n1,a\n", "unexpected_column",
             contract="superset"),
    *_permitted("unknown and missing columns", "partial", "x,id\n?,1\n", ("1",),
                refused="missing_column"),
    _numbers("German numbers", "German", "1.234.567|-1.234,50|31.12.2024",
             {"n": 1234567, "x": "-1234.5", "day": "31.12.2024"}),
    _numbers("a point where the comma is decimal", "German", "1|1.5|31.12.2024"),
    _numbers("groups of two", "German", "12.34|1|31.12.2024"),
    _numbers("dollars", "money", "7|$1,234.50|2/29/2024",
             {"n": 7, "x": "1234.5", "day": "2/29/2024"}),
    _numbers("a currency behind", "money", "7|-5.00 EUR|12/1/2024",
             {"n": 7, "x": "-5", "day": "12/1/2024"}),
    _numbers("29 February without zeros", "money", "7|1|2/29/2023"),
    _numbers("a unit", "money", "7|5 km|2/1/2024"),
    _numbers("an exponent, declared", "science", "1|1.50E-3|29-FEB-24",
             {"n": 1, "x": "0.0015", "day": "29-FEB-24"}),
    _numbers("38 digits, declared", "science", f"{'9' * 38}|0.{'0' * 19}1|01-Jan-24",
             {"n": int("9" * 38), "x": f"0.{'0' * 19}1", "day": "01-Jan-24"}),
    _numbers("39 digits where 38 are declared", "science", f"{'9' * 39}|1|01-Jan-24"),
    _numbers("an exponent too large", "science", "1|1e18|01-Jan-24"),
    _numbers("an exponent too small", "science", "1|1e-21|01-Jan-24"),
    _numbers("29 February of a year without", "science", "1|1|29-Feb-23"),
    _numbers("a local time", "Berlin", "1|1|01.07.2024 12:00",
             {"n": 1, "x": "1", "day": "2024-07-01T10:00:00Z"}),
    _numbers("a time that clocks skipped", "Berlin", "1|1|31.03.2024 02:30", rule="zone"),
    _numbers("a time that clocks showed twice", "Berlin", "1|1|27.10.2024 02:30", rule="zone"),
    _numbers("a time before the zone is known", "Berlin", "1|1|31.12.1899 12:00", rule="zone"),
    _numbers("a local time below the minimum", "Berlin", "1|1|31.12.2023 23:59", rule="minimum"),
    _numbers("no local time", "Berlin", "1|1|2024-07-01T10:00:00Z"),
    _numbers("a time of no known zone", "no known zone", "1|1|31.03.2024 02:30",
             {"n": 1, "x": "1", "day": "31.03.2024 02:30"}),
    _numbers("zeros in front, refused", "zeros", "07|007.50|2024-01-01"),
    _numbers("a plus in front, refused", "zeros", "+7|1|2024-01-01"),
    _numbers("no zeros in front", "zeros", "-70|007.50|2024-01-01",
             {"n": -70, "x": "7.5", "day": "2024-01-01"}),
    *_permitted("names that look alike", "ignores", "ID\u200b,N a\u00a0me,NOTE\n1,a,b\n", ONE,
                refused="missing_column"),
]  # fmt: skip
