"""Published rows: where those of a file version lie, and what stands in them.

All of it is a function of the file version and the report, so publishing again writes the same
objects again, whichever run does it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from pipeline import layout
from pipeline.rows.items import META

SCHEMA_VERSION = 1
ID_CHARACTERS = 16
GZIP_LEVEL = 6
PARTITION = "dropped_on"
"""The partition column: the day on which the file was dropped, in UTC."""

Compression = Literal["none", "gzip"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A file version whose rows are published."""

    dataset: str
    key: str
    version_id: str
    source_version: str

    @property
    def file_id(self) -> str:
        """What tells its objects from those of all other file versions."""
        text = f"{self.version_id}\n{self.key}"
        return hashlib.sha256(text.encode()).hexdigest()[:ID_CHARACTERS]

    @property
    def prefix(self) -> str:
        """What the keys of its parts begin with.

        >>> Source(dataset="a", key="k", version_id="v", source_version="2026-07-01T…").prefix
        'published/a/dropped_on=2026-07-01/3a4527803df027fa-'
        """
        day = self.source_version[:10]
        return f"{layout.published_prefix(self.dataset)}{PARTITION}={day}/{self.file_id}-"

    def part_key(self, number: int, compression: Compression) -> str:
        """Return where its part with this number lies; names end as Athena tells compression."""
        return f"{self.prefix}{number:06d}.json{'.gz' if compression == 'gzip' else ''}"

    @property
    def publication_key(self) -> str:
        """Where it stands which parts it has."""
        return f"{layout.publication_prefix(self.dataset)}{self.file_id}.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedPart:
    """One object of published rows; `bytes` and `sha256` are the object's."""

    key: str
    rows: int
    bytes: int
    sha256: str

    def as_document(self) -> dict[str, Any]:
        """The part as a publication lists it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """Which parts of which run are a file version's published rows."""

    source: Source
    run_id: str
    report_sha256: str
    parts: Sequence[PublishedPart]

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Read the document."""
        names = ("dataset", "key", "version_id", "source_version")
        return cls(
            source=Source(**{name: document[name] for name in names}),
            run_id=document["run_id"],
            report_sha256=document["report_sha256"],
            parts=[PublishedPart(**part) for part in document["parts"]],
        )

    def as_document(self) -> dict[str, Any]:
        """The publication as it is written."""
        return {
            "schema_version": SCHEMA_VERSION,
            "dataset": self.source.dataset,
            "key": self.source.key,
            "version_id": self.source.version_id,
            "source_version": self.source.source_version,
            "run_id": self.run_id,
            "report_sha256": self.report_sha256,
            "rows": sum(part.rows for part in self.parts),
            "parts": [part.as_document() for part in self.parts],
        }


def with_origin(rows: bytes, source_version: str, run_id: str) -> bytes:
    r"""Return JSON Lines in which each row says, as its item does, where it comes from.

    >>> with_origin(b'{"id":"1"}\n', "v", "r")
    b'{"_sluice":{"version":"v","run_id":"r"},"id":"1"}\n'
    """
    origin = {META: {"version": source_version, "run_id": run_id}}
    head = json.dumps(origin, separators=(",", ":")).encode().removesuffix(b"}") + b","
    # A line break in a value is escaped, so that one before a brace always ends a row.
    return (b"\n" + rows).replace(b"\n{", b"\n" + head)[1:]


def packed(rows: bytes, compression: Compression) -> bytes:
    """Return rows as an object holds them; the same rows give the same bytes."""
    if compression == "none":
        return rows
    return gzip.compress(rows, compresslevel=GZIP_LEVEL, mtime=0)


def unpacked(key: str, body: bytes) -> bytes:
    """Return the rows of a part, whose key says whether they are compressed."""
    return gzip.decompress(body) if key.endswith(".gz") else body
