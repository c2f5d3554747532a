"""The columns of a file against the fields of its contract: none twice, and all that are needed.

Names are compared as they stand, without blanks around them; what else may differ is declared in
`sluice.header_ignores`, and which columns may be missing or too many in `schema.fieldsMatch`.
Source: https://datapackage.org/standard/table-schema/#fieldsMatch
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.contracts.contract import Contract
from pipeline.contracts.field import REASON_COLUMN
from pipeline.contracts.names import folding
from pipeline.errors import FileRefusedError
from pipeline.text.header_rows import BOM, HeaderRows, header_rows
from pipeline.text.header_words import (
    listed,
    refuse_stray_quotes,
    refuse_unknown_names,
    told_renamed,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """The contract's field name of each column in the file's order (None: ignored), and the BOM."""

    columns: tuple[str | None, ...]
    bom: bool
    lines: int = 1
    """Physical lines in front of the first record."""


def judge_header(head: bytes, contract: Contract) -> Header:
    """Return the columns of a file from its first (decompressed) bytes.

    Raises:
        FileRefusedError: The header is not the contract's; the message says why.
    """
    found = header_rows(head, contract.dialect)
    columns = _columns(found, contract) if found.rows else contract.field_names
    return Header(columns=columns, bom=head.startswith(BOM), lines=found.head_lines)


def _columns(found: HeaderRows, contract: Contract) -> tuple[str | None, ...]:
    if found.names is None:
        refuse_stray_quotes(found, contract)
    names = found.names or ()
    matched = _matched(names, contract)
    if not any(matched):
        refuse_unknown_names(found, contract)
    _refuse_repeated_fields(matched)
    if not contract.ignores_columns:
        _refuse_unnamed_or_repeated(names)
    _refuse_missing(names, matched, contract)
    _refuse_unknown(names, matched, contract)
    if contract.fields_match == "exact":
        _refuse_other_order(matched, contract)
    return matched


def _matched(names: Sequence[str], contract: Contract) -> tuple[str | None, ...]:
    """Return each column's field: that of its very name, or else of an equal one."""
    exact = {name: name for name in contract.field_names}
    fold = folding(contract.header_ignores)
    folded = _unambiguous(contract.field_names, fold)
    taken = {name for name in names if name in exact}
    return tuple(
        exact.get(name) or (None if folded.get(fold(name)) in taken else folded.get(fold(name)))
        for name in names
    )


def _unambiguous(names: Sequence[str], fold: Callable[[str], str]) -> dict[str, str]:
    """Return fields by folded name; names that fold to the same are known as they stand only."""
    folded = [fold(name) for name in names]
    return {key: name for key, name in zip(folded, names, strict=True) if folded.count(key) == 1}


def _refuse_repeated_fields(matched: Sequence[str | None]) -> None:
    seen: dict[str, int] = {}
    for position, name in enumerate(matched, start=1):
        if name is not None and (first := seen.setdefault(name, position)) != position:
            message = f"columns {first} and {position} of the header have the same name {name!r}"
            raise FileRefusedError("duplicate_column", f"{message}: remove or rename one")


def _refuse_unnamed_or_repeated(names: Sequence[str]) -> None:
    wanted = '; or declare "fieldsMatch": "subset" in the contract\'s schema, to leave it out'
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if not name:
            message = f"column {position} of the header has no name (a delimiter too many?)"
            raise FileRefusedError("empty_column_name", f"{message}: remove it{wanted}")
        if first := seen.get(name.casefold()):
            message = f"columns {first} and {position} of the header have the same name {name!r}"
            raise FileRefusedError("duplicate_column", f"{message}: remove one{wanted}")
        seen[name.casefold()] = position


def _refuse_missing(
    names: Sequence[str], matched: Sequence[str | None], contract: Contract
) -> None:
    missing = [name for name in contract.field_names if name not in matched]
    needed = [
        field.name
        for field in contract.fields
        if field.constraints.required or field.name in contract.primary_key
    ]
    if contract.may_lack_columns:
        missing = [name for name in missing if name in needed]
    if not missing:
        return
    unknown = [name for name, field in zip(names, matched, strict=True) if name and not field]
    message = f"the header lacks {listed(missing)}{told_renamed(missing, unknown)}"
    advice = "add the column (case matters)"
    if not contract.may_lack_columns and not set(missing) & set(needed):
        advice += ', or declare "fieldsMatch": "superset" in the contract\'s schema'
    raise FileRefusedError("missing_column", f"{message}: {advice}")


def _refuse_unknown(
    names: Sequence[str], matched: Sequence[str | None], contract: Contract
) -> None:
    unknown = [
        name
        for name, field in zip(names, matched, strict=True)
        if field is None and name != REASON_COLUMN
    ]
    if unknown and not contract.ignores_columns:
        wanted = "partial" if contract.may_lack_columns else "subset"
        message = (
            f"the header has {listed(unknown)}, which the contract does not know: remove it, or"
            f' declare "fieldsMatch": "{wanted}" in the contract\'s schema, to leave it out'
        )
        raise FileRefusedError("unexpected_column", message)


def _refuse_other_order(matched: Sequence[str | None], contract: Contract) -> None:
    order = [name for name in matched if name is not None]
    if order != list(contract.field_names):
        pairs = zip(order, contract.field_names, strict=True)
        found, wanted = next((a, b) for a, b in pairs if a != b)
        message = (
            f"the columns stand in another order than the contract's: {found!r} is where"
            f' {wanted!r} must be; or declare "fieldsMatch": "equal"'
        )
        raise FileRefusedError("column_order", message)
