"""Splits: the stretches of a file that are worked on side by side, as the validator found them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """Whole records of one file: `offset` and `bytes` in its text, `first_record` from 1."""

    file_index: int
    index: int
    offset: int
    bytes: int
    first_record: int
    records: int
    first_line: int

    @classmethod
    def of(cls, file: Mapping[str, Any]) -> list[Self]:
        """Return the splits of a file of the manifest that hold any record."""
        return [
            cls(file_index=file["index"], index=index, **entry)
            for index, entry in enumerate(file["splits"])
            if entry["records"]
        ]


def file_of(manifest: Mapping[str, Any], index: int) -> Mapping[str, Any]:
    """Return the file that has this index in its run; files that were set aside leave gaps."""
    found: Mapping[str, Any] = next(f for f in manifest["files"] if f["index"] == index)
    return found


def columns_of(file: Mapping[str, Any]) -> list[str | None]:
    """Return the columns of a file's text: where records were cut anew, their raw text leads."""
    return [None, *file["columns"]] if file["raw_column"] else list(file["columns"])


def splits_of(manifest: Mapping[str, Any]) -> list[Split]:
    """Return the splits of all files, in order."""
    return [split for file in manifest["files"] for split in Split.of(file)]


def by_split(splits: Sequence[Split], records: Sequence[int]) -> dict[Split, list[int]]:
    """Sort ascending ordinals of one file's records to the splits that hold them."""
    found: dict[Split, list[int]] = {}
    at = 0
    for split in splits:
        start = at
        while at < len(records) and records[at] < split.first_record + split.records:
            at += 1
        if at > start:
            found[split] = list(records[start:at])
    return found
