"""What becomes of a file when a newcomer lets `sluice contract infer` draft its contract."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from click.testing import CliRunner

from pipeline.contracts.contract import Contract
from pipeline.contracts.forms import DEFAULT_FORMATS
from sluice.cli import main
from sluice.files.checks import VALID, check, subjects
from sluice.files.engines import with_duckdb
from tests.files.columns import Column, Meant
from tests.files.dress import File

Result = Literal["at once", "with a remark", "refused", "crashed", "wrong"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """The result, what the command said, and which columns were typed as they are meant."""

    file: File
    result: Result
    said: str
    typed: int = 0


def tried(file: File, folder: Path) -> Trial:
    """Draft a contract for a file, and load the file by it."""
    path = folder / file.name
    path.write_bytes(file.content)
    drafted = CliRunner().invoke(main, ["contract", "infer", str(path)])
    if drafted.exception and not isinstance(drafted.exception, SystemExit):
        return Trial(file=file, result="crashed", said=repr(drafted.exception))
    if not drafted.stdout:
        return Trial(file=file, result="refused", said=drafted.stderr)
    document = json.loads(drafted.stdout)
    if drafted.exit_code == 0:
        wrong = _wrong(file, path, document)
        if wrong:
            return Trial(file=file, result="wrong", said=f"{wrong}; {drafted.stderr}")
        typed = sum(_is_typed(field, file) for field in document["schema"]["fields"])
        return Trial(file=file, result="at once", said=drafted.stderr, typed=typed)
    result = _mended(file, path, document, drafted.stderr)
    return Trial(file=file, result=result, said=drafted.stderr)


def _mended(file: File, path: Path, document: dict[str, Any], said: str) -> Result:
    """Do what the remarks say, if the file's maker knows what that is, and load it again."""
    if not file.mend or not all(_name(member) in said for member in file.mend):
        return "refused"
    options = [word for pair in file.mend.items() if pair[0].startswith("--") for word in pair]
    if options:
        again = CliRunner().invoke(main, ["contract", "infer", str(path), *map(str, options)])
        document = json.loads(again.stdout)
    for member, value in file.mend.items():
        if not member.startswith("--"):
            _set(document, member, value)
    return "wrong" if _wrong(file, path, document) else "with a remark"


def _name(member: str) -> str:
    return member.rsplit(".", maxsplit=1)[-1].split("[", maxsplit=1)[0]


def _set(document: Any, member: str, value: object) -> None:
    *path, last = member.replace("[", ".").replace("]", "").split(".")
    for name in path:
        document = document[int(name) if name.isdigit() else name]
    if value is None:
        document.pop(last, None)
    else:
        document[last] = value


def _loaded(path: Path, document: object, out: Path) -> tuple[list[dict[str, Any]], bool]:
    """Return the rows that would be loaded, and whether those are all."""
    contract = Contract.parse(document)
    [finding] = check(subjects([path], out), contract, with_duckdb, out / "work")
    if not finding.is_accepted:
        return [], False
    lines = (finding.subject.folder / VALID).read_bytes().split(b"\n")[:-1]
    rows = [json.loads(line, parse_float=Decimal) for line in lines]
    return rows, not finding.report["counts"]["rejected"]


def _wrong(file: File, path: Path, document: Mapping[str, Any]) -> str:
    """Say what would be false among the loaded rows, or lack from them; nothing if all is well."""
    rows, is_whole = _loaded(path, document, path.parent / "loaded")
    if not is_whole or len(rows) != file.rows:
        return f"{len(rows)} rows instead of {file.rows}"
    fields = document["schema"]["fields"]
    columns = _columns(file, fields)
    for number, row in enumerate(rows):
        for field, column in zip(fields, columns, strict=True):
            if column and not _is_true(row.get(field["name"]), column, number, field):
                return f"row {number + 1}, {field['name']}: {row.get(field['name'])!r}"
    return ""


def _columns(file: File, fields: Sequence[Mapping[str, Any]]) -> list[Column | None]:
    """Return the column of each field: by its name, else by its place."""
    by_name = {column.name.strip().replace("\u200b", ""): column for column in file.columns}
    if all(field["name"] in by_name for field in fields):
        return [by_name[field["name"]] for field in fields]
    if len(fields) == len(file.columns):
        return list(file.columns)
    return [by_name.get(field["name"]) for field in fields]


def _is_true(value: object, column: Column, row: int, field: Mapping[str, Any]) -> bool:
    """Tell whether a loaded value is what is meant, or the text as it stands in the file."""
    meant, text = column.meant[row], column.texts[row]
    if meant is None:
        return value is None or value == text
    if isinstance(value, str) and value in {text, text.lstrip(" ")} and field["type"] == "string":
        return True
    return _as_meant(value, meant, field) or (value is None and text == "")


def _as_meant(value: object, meant: Meant, field: Mapping[str, Any]) -> bool:
    if isinstance(meant, str):
        return value == meant
    if isinstance(meant, date | time):
        if not isinstance(value, str) or field["type"] not in {"date", "time", "datetime"}:
            return False
        return _read(value, field) == meant
    return not isinstance(value, str) and value is not None and Decimal(value) == Decimal(meant)  # type: ignore[arg-type]


def _read(text: str, field: Mapping[str, Any]) -> object:
    """Return the day or time that a text means in the field's format."""
    layout = str(field.get("format", DEFAULT_FORMATS[field["type"]])).replace("%-", "%")
    read = datetime.strptime(text, layout).replace(tzinfo=None)  # noqa: DTZ007  (as it is written)
    kinds = {"date": read.date(), "time": read.time(), "datetime": read}
    return kinds[field["type"]]


def _is_typed(field: Mapping[str, Any], file: File) -> bool:
    [column] = _columns(file, [field])
    kinds = {type(m) for m in column.meant if m is not None} if column else set()
    wanted = {
        int: "integer",
        bool: "boolean",
        Decimal: "number",
        date: "date",
        datetime: "datetime",
        time: "time",
        str: "string",
    }
    return {wanted[kind] for kind in kinds} == {field["type"]}
