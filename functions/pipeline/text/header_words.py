"""What a header is instead of the contract's: told as exactly as the first lines allow."""

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import NoReturn

from pipeline.contracts.contract import Contract
from pipeline.contracts.names import folding, invisible_in
from pipeline.errors import FileRefusedError
from pipeline.text.header_rows import HeaderRows, read_names

_DELIMITERS = (",", ";", "\t", "||", "|", ":", "^", "~", " ")
_OTHER_KINDS = (
    ("<", "html", "the file is HTML or XML: save it as CSV"),
    ("{", "json", "the file is JSON: save it as CSV"),
    ("[", "json", "the file is JSON: save it as CSV"),
)
_COMMENTS = ("#", "//")
_SHOWN_NAMES = 5
_TOLD_CHARACTERS = 200
_ALL = frozenset({"blanks", "case", "invisible"})


def refuse_stray_quotes(found: HeaderRows, contract: Contract) -> NoReturn:
    """Refuse a header whose cells cannot be told apart.

    Raises:
        FileRefusedError: `preamble`, `html`, `json`, `delimiter`, `no_header` or `header_quotes`.
    """
    _refuse_other_kind(found, contract)
    _refuse_other_delimiter(found, contract)
    _refuse_other_line(found, contract)
    message = (
        f"line {found.number}, the header, has an open or a stray quote: mend it, as a name is one"
        ' line, or declare "dialect": {"quoteChar": null} in the contract if quotes are text'
    )
    raise FileRefusedError("header_quotes", message)


def refuse_unknown_names(found: HeaderRows, contract: Contract) -> NoReturn:
    """Refuse a header none of whose names is the contract's.

    Raises:
        FileRefusedError: `preamble`, `html`, `json`, `delimiter`, `missing_column` or `no_header`.
    """
    _refuse_other_kind(found, contract)
    _refuse_differing_names(found, contract)
    _refuse_other_delimiter(found, contract)
    _refuse_other_line(found, contract)
    message = f"line {found.number} has none of the contract's columns: it must be the header"
    advice = 'if the file has no header, declare "dialect": {"header": false} in the contract'
    raise FileRefusedError("no_header", f"{message} {_header_of(contract)}; {advice}")


def listed(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    shown = ", ".join(_named(name) for name in names[:_SHOWN_NAMES])
    return f"{shown} and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else shown


def told_renamed(missing: Sequence[str], unknown: Sequence[str]) -> str:
    """Return, for names that are missing, those that they may have become.

    >>> told_renamed(["customerid"], ["Customer ID", "city"])
    " (is it 'Customer ID' now? `sluice.header_ignores` may list blanks, case)"
    """
    pairs = [(name, other) for name in missing[:1] if (other := _alike(name, unknown))]
    for name, other in pairs:
        ignores = sorted(_differs_in(name, other))
        advice = f" `sluice.header_ignores` may list {', '.join(ignores)}" if ignores else ""
        return f" (is it {_named(other)} now?{advice})"
    return ""


def _alike(name: str, others: Sequence[str]) -> str | None:
    by_fold = {folding(_ALL)(other).replace("_", ""): other for other in reversed(others)}
    close = get_close_matches(folding(_ALL)(name).replace("_", ""), by_fold, n=1)
    return by_fold[close[0]] if close else others[0] if len(others) == 1 else None


def _differs_in(name: str, other: str) -> frozenset[str]:
    """Return what must be ignored for two names to be equal; nothing if they differ in more."""
    if folding(_ALL)(name) != folding(_ALL)(other):
        return frozenset()
    needed = [i for i in _ALL if folding(_ALL - {i})(name) != folding(_ALL - {i})(other)]
    return frozenset(needed)


def _refuse_differing_names(found: HeaderRows, contract: Contract) -> None:
    """Refuse names that are the contract's but for case, blanks or invisible characters."""
    for name in found.names or ():
        for field in contract.field_names:
            if differing := sorted(_differs_in(field, name)):
                message = (
                    f"the header's {_named(name)} differs from the contract's {field!r} in"
                    f" {' and '.join(differing)}: rename it, or declare"
                    f" `sluice.header_ignores` in the contract"
                )
                raise FileRefusedError("missing_column", message)


def _refuse_other_kind(found: HeaderRows, contract: Contract) -> None:
    line = found.rows[0].lstrip()
    for start, code, what in _OTHER_KINDS:
        if line.startswith(start):
            raise FileRefusedError(code, f"{what}; line {found.number} must be the header")
    for start in _COMMENTS:
        if line.startswith(start) and contract.dialect.comment != start[:1]:
            message = (
                f"line {found.number} is a comment: remove it, or declare"
                f' "dialect": {{"commentChar": "{start[:1]}"}} in the contract'
            )
            raise FileRefusedError("preamble", message)


def _refuse_other_delimiter(found: HeaderRows, contract: Contract) -> None:
    known = {folding(_ALL)(name) for name in contract.field_names}
    quotes = dict.fromkeys((contract.dialect.quote, '"'))
    for delimiter in _DELIMITERS:
        for quote in quotes:
            if delimiter in {contract.dialect.delimiter, quote}:
                continue
            dialect = replace(
                contract.dialect, delimiter=delimiter, quote=quote, skip_initial_space=False
            )
            names = read_names(found.rows[-1], dialect) or ()
            if len(names) > 1 and known & {folding(_ALL)(name) for name in names}:
                message = (
                    f"columns are separated by {delimiter!r} where the contract says"
                    f" {contract.dialect.delimiter!r}: declare it in `dialect.delimiter`"
                )
                raise FileRefusedError("delimiter", message)


def _refuse_other_line(found: HeaderRows, contract: Contract) -> None:
    """Refuse a file whose header stands further down, behind title lines."""
    fields = set(contract.field_names)
    for number, line in enumerate(found.lines, start=1):
        if fields <= set(read_names(line, contract.dialect) or ()):
            message = (
                f"the header is in line {number}, not in line {found.number}: remove the lines in"
                f' front of it, or declare "dialect": {{"headerRows": [{number}]}} in the contract'
            )
            raise FileRefusedError("no_header", message)


def _header_of(contract: Contract) -> str:
    return _shortened(contract.dialect.delimiter.join(contract.field_names))


def _named(name: str) -> str:
    hidden = invisible_in(name)
    return f"{_shortened(name)!r} (with {', '.join(hidden)})" if hidden else f"{_shortened(name)!r}"


def _shortened(text: str) -> str:
    return text if len(text) <= _TOLD_CHARACTERS else f"{text[:_TOLD_CHARACTERS]}…"
