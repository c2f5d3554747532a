"""Items as Arrow columns of the types that their contract names.

| Contract | Arrow |
| --- | --- |
| string | string |
| integer | int64; decimal128(digits, 0) where more than 18 digits are declared |
| year | int16 |
| number | decimal128(digits, decimals), which holds each accepted number exactly |
| boolean | bool |
| date | date32 |
| time | time64[us] |
| datetime | timestamp[us]; in UTC where the format tells the zone |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any

import pyarrow as pa

from pipeline.contracts.field import Field
from pipeline.contracts.forms import strptime_layout
from pipeline.contracts.numbers import USUAL_INTEGER_DIGITS
from pipeline.contracts.zones import tells_zone
from sluice.terminal.exits import OperatorError

Item = Mapping[str, Any]


def schema_of(fields: Iterable[Field]) -> pa.Schema:
    """The columns of a contract, in its order."""
    return pa.schema([(field.name, _arrow_type(field)) for field in fields])


def typed_table(items: Sequence[Item], fields: Sequence[Field]) -> pa.Table:
    """A table of items; a value that is absent is null.

    Raises:
        OperatorError: a value is not of its field's type, so somebody else wrote it, or the
            contract has changed since.
    """
    return pa.Table.from_arrays(
        [_column(items, field) for field in fields], schema=schema_of(fields)
    )


def _column(items: Sequence[Item], field: Field) -> pa.Array:
    read = _reader(field)
    values = (item.get(field.name) for item in items)
    try:
        return pa.array(
            [None if value is None else read(value) for value in values], type=_arrow_type(field)
        )
    except (TypeError, ValueError, OverflowError, pa.ArrowException) as error:
        raise OperatorError(
            f"the table holds a {field.name} that is no {field.type} by the contract: {error}; "
            "look at the items without --out, or correct the contract"
        ) from error


def _arrow_type(field: Field) -> pa.DataType:
    if field.type == "datetime":
        return pa.timestamp("us", tz="UTC" if tells_zone(_layout(field)) else None)
    if field.number and (field.type == "number" or field.number.digits > USUAL_INTEGER_DIGITS):
        return pa.decimal128(field.number.digits, field.number.decimals)
    return _ARROW_TYPES[field.type]


def _reader(field: Field) -> Callable[[Any], object]:
    if field.type in _TEMPORAL_READERS:
        return partial(_TEMPORAL_READERS[field.type], _layout(field))
    return _READERS[field.type]


def _layout(field: Field) -> str:
    assert field.delivered_layout is not None, "dates and times have a layout"
    return field.delivered_layout


def _exactly(kind: type, value: object) -> object:
    if type(value) is not kind:
        raise TypeError(f"{value!r}")
    return value


def _whole(value: object) -> int:
    number = _exactly(Decimal, value)
    assert isinstance(number, Decimal)
    if number != number.to_integral_value():
        raise ValueError(f"{number}")
    return int(number)


def _date(layout: str, text: str) -> date:
    return datetime.strptime(text, strptime_layout(layout)).date()  # noqa: DTZ007  (a date has no zone)


def _time(layout: str, text: str) -> time:
    return datetime.strptime(text, strptime_layout(layout)).time()  # noqa: DTZ007  (its layout has no zone)


def _datetime(layout: str, text: str) -> datetime:
    parsed = datetime.strptime(text, strptime_layout(layout))  # noqa: DTZ007  (the layout decides)
    return parsed.replace(tzinfo=UTC) if tells_zone(layout) and "%z" not in layout else parsed


_ARROW_TYPES = {
    "string": pa.string(),
    "integer": pa.int64(),
    "year": pa.int16(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.time64("us"),
}
_READERS: Mapping[str, Callable[[Any], object]] = {
    "string": partial(_exactly, str),
    "integer": _whole,
    "year": _whole,
    "number": partial(_exactly, Decimal),
    "boolean": partial(_exactly, bool),
}
_TEMPORAL_READERS: Mapping[str, Callable[[str, str], object]] = {
    "date": _date,
    "time": _time,
    "datetime": _datetime,
}
