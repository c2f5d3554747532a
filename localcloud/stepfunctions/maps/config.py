"""How the items of a distributed Map are read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_ITEMS: Final = 100_000_000


class InputType(StrEnum):
    """The format of what an ItemReader reads."""

    CSV = "CSV"
    JSON = "JSON"
    JSONL = "JSONL"
    MANIFEST = "MANIFEST"
    PARQUET = "PARQUET"


class HeaderLocation(StrEnum):
    """Where the names of CSV columns stand."""

    FIRST_ROW = "FIRST_ROW"
    GIVEN = "GIVEN"


class ManifestType(StrEnum):
    """What wrote a manifest."""

    ATHENA_DATA = "ATHENA_DATA"
    S3_INVENTORY = "S3_INVENTORY"


DELIMITERS: Final = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderConfig:
    """`ReaderConfig` with every path and expression evaluated.

    `input_type` is None for listings (`listObjectsV2`). `max_items` None means all.
    `flatten` is `Transformation: LOAD_AND_FLATTEN` of a listing.
    """

    input_type: InputType | None = None
    header_location: HeaderLocation | None = None
    headers: tuple[str, ...] = ()
    delimiter: str = ","
    items_pointer: str | None = None
    manifest_type: ManifestType | None = None
    flatten: bool = False
    max_items: int | None = None
