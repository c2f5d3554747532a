"""Numbered texts out of DuckDB as runs of bytes: many rows at a time, nothing copied.

DuckDB hands results out by Arrow's C stream interface, whose text columns are what a part is made
of: the bytes of all rows, one after the other, and where each row ends. `ctypes` reads it, so no
Arrow library is needed.

Sources: https://arrow.apache.org/docs/format/CDataInterface.html (the structures),
https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html (the capsule).
"""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

_CAPSULE = b"arrow_array_stream"
_COLUMNS = [b"l", b"u"]
"""Arrow's names of 64-bit numbers, and of UTF-8 text whose ends are 32-bit numbers."""

_RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_FETCH = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_EXPLAIN = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)
_NOT_FULL = re.compile(rb"[^\xff]")


class _Schema(ctypes.Structure):
    """ArrowSchema."""


class _Array(ctypes.Structure):
    """ArrowArray."""


class _Stream(ctypes.Structure):
    """ArrowArrayStream."""

    _fields_ = (
        ("get_schema", _FETCH),
        ("get_next", _FETCH),
        ("get_last_error", _EXPLAIN),
        ("release", _RELEASE),
        ("private_data", ctypes.c_void_p),
    )


_Schema._fields_ = (
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.c_void_p),
    ("release", _RELEASE),
    ("private_data", ctypes.c_void_p),
)
_Array._fields_ = (
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.c_void_p),
    ("release", _RELEASE),
    ("private_data", ctypes.c_void_p),
)

_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype = ctypes.c_void_p
_pointer_of.argtypes = (ctypes.py_object, ctypes.c_char_p)


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """Rows of a result; the text of row `n` is `data[ends[n] : ends[n + 1]]`.

    The memory is DuckDB's: what is to outlive the next batch must be copied.
    """

    rows: int
    numbers: memoryview
    ends: memoryview
    data: memoryview
    absent: tuple[int, ...]
    """The rows that are NULL, ascending; they have no bytes."""

    def row(self, number: int) -> bytes:
        """Return a copy of the text of one row."""
        return bytes(self.data[self.ends[number] : self.ends[number + 1]])


def texts(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[Texts]:
    """Run a query of a number and a text; give its rows as they come.

    Raises:
        duckdb.Error: The query failed.
    """
    capsule: Any = connection.sql(query).__arrow_c_stream__()
    stream = _Stream.from_address(_pointer_of(capsule, _CAPSULE))
    try:
        _hold_to_columns(stream)
        while True:
            array = _Array()
            _call(stream, stream.get_next, array)
            if not array.release:
                return
            try:
                yield _texts_of(array.children[0].contents, array.children[1].contents)
            finally:
                array.release(ctypes.addressof(array))
    finally:
        stream.release(ctypes.addressof(stream))


def _hold_to_columns(stream: _Stream) -> None:
    schema = _Schema()
    _call(stream, stream.get_schema, schema)
    formats = [schema.children[n].contents.format for n in range(schema.n_children)]
    schema.release(ctypes.addressof(schema))
    if formats != _COLUMNS:
        raise duckdb.NotSupportedError(f"the result is {formats}, not a number and a text")


def _call(stream: _Stream, function: Any, target: ctypes.Structure) -> None:
    if function(ctypes.addressof(stream), ctypes.addressof(target)):
        reason: bytes = stream.get_last_error(ctypes.addressof(stream)) or b"DuckDB gave no reason"
        raise duckdb.OperationalError(reason.decode(errors="replace"))


def _texts_of(numbers: _Array, column: _Array) -> Texts:
    rows, first = column.length, column.offset
    ordinals = _view(numbers.buffers[1], (numbers.offset + rows) * 8).cast("q")[numbers.offset :]
    ends = _view(column.buffers[1], (first + rows + 1) * 4).cast("i")[first:]
    return Texts(
        rows=rows,
        numbers=ordinals,
        ends=ends,
        data=_view(column.buffers[2], ends[rows]),
        absent=tuple(_absent(column)) if column.null_count else (),
    )


def _absent(column: _Array) -> Iterator[int]:
    """Return the rows whose bit is not set, looking only at bytes that lack one."""
    first, end = column.offset, column.offset + column.length
    bits = _view(column.buffers[0], (end + 7) // 8)
    for found in _NOT_FULL.finditer(bits):
        for at in range(found.start() * 8, min(found.start() * 8 + 8, end)):
            if at >= first and not bits[at // 8] >> at % 8 & 1:
                yield at - first


def _view(address: int | None, size: int) -> memoryview:
    if not address or not size:
        return memoryview(b"")
    return memoryview((ctypes.c_char * size).from_address(address)).cast("B")
