"""A manifest converted: splits side by side, then the keys of each file over all its splits.

All but the distribution of the work is here, so that threads and a cluster do the same: they
write the same bytes, whatever the order in which they come to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Protocol, TypeVar
from zlib import crc32

from conversion.engine import Engine, Judged, Lost
from conversion.repeats import Suspect, columns_lost, losers, uniqueness_rules
from conversion.splits import Split, by_split, file_of, splits_of

HASHES_PER_BUCKET = 3_000_000
"""What one comparison holds in memory at a time: less than a split that is judged."""

MOST_BUCKETS = 64
"""Of one file and rule, which each split sorts its hashes into; DuckDB keeps 100 files open."""

Document = Mapping[str, Any]
Item = TypeVar("Item")
Result = TypeVar("Result")
Payload = TypeVar("Payload")


@dataclass(frozen=True, order=True, slots=True)
class Bucket:
    """Rows of one file whose values, under one rule across rows, may be equal."""

    file_index: int
    rule: int
    number: int


Work = Callable[[Engine, Item], tuple[Result, Mapping[Bucket, Payload]]]
"""What is done on an item: its result, and what it has for each bucket."""

Settle = Callable[[Engine, Sequence[Payload]], Sequence[int]]
"""What is done on all that a bucket got: the ordinals that it holds in the end."""

Exchanged = tuple[list[Result], dict[Bucket, Sequence[int]]]
"""The results, and of each bucket that anything fell into what it holds in the end."""


class Workers(Protocol):
    """Do work on many items at once."""

    def exchange(
        self,
        work: Work[Item, Result, Payload],
        items: Sequence[Item],
        settle: Settle[Payload],
        buckets: Sequence[Bucket],
    ) -> Exchanged[Result]:
        """Do `work` on each item; settle what all of them have for each of the buckets.

        Items, payloads and results come in any order. `work` must be fit to be done twice.
        """


def convert(
    manifest: Document,
    workers: Workers,
    *,
    hashes_per_bucket: int = HASHES_PER_BUCKET,
) -> list[Judged]:
    """Convert the manifest's files; return what became of each split, in order.

    Raises:
        ReconciliationError: The records are not those that the validator counted.
        EngineError: DuckDB failed.
    """
    counts = bucket_counts(manifest, hashes_per_bucket)
    buckets = _buckets(manifest, counts)
    splits = splits_of(manifest)
    if not splits:
        return []
    work = partial(convert_split, counts=counts)
    first, suspects = workers.exchange(work, splits, _suspects, buckets)
    judged = {result.split: result for result in first}
    lost = _lost(manifest, workers, suspects, counts)
    if lost:
        again = [(split, lost[split], judged[split].names) for split in lost]
        second, _ = workers.exchange(_convert_again, again, _suspects, ())
        judged |= {result.split: result for result in second}
    return [judged[split] for split in splits]


def bucket_counts(manifest: Document, hashes_per_bucket: int = HASHES_PER_BUCKET) -> dict[int, int]:
    """Return, by the index of a file, into how many buckets the hashes of each rule are sorted."""
    return {
        file["index"]: min(MOST_BUCKETS, -(-file["records"] // hashes_per_bucket))
        for file in manifest["files"]
    }


def _buckets(manifest: Document, counts: Mapping[int, int]) -> list[Bucket]:
    """Return the buckets of files of which each has so many for each rule."""
    rules = range(len(uniqueness_rules(manifest["rules"])))
    return [
        Bucket(file_index, rule, number)
        for file_index, count in counts.items()
        for rule in rules
        for number in range(count)
    ]


def convert_split(
    engine: Engine, split: Split, *, counts: Mapping[int, int]
) -> tuple[Judged, dict[Bucket, bytes]]:
    """Convert a split; also return the hashes of its valid rows, by bucket."""
    judged, hashes = engine.convert(split, buckets=counts[split.file_index])
    return judged, {
        Bucket(split.file_index, rule, number): content
        for rule, of_rule in enumerate(hashes)
        for number, content in of_rule.items()
    }


def _suspects(engine: Engine, hashes: Sequence[bytes]) -> Sequence[int]:
    return engine.suspects(hashes)


def _convert_again(
    engine: Engine, item: tuple[Split, Lost, Sequence[str]]
) -> tuple[Judged, dict[Bucket, bytes]]:
    return engine.convert_again(*item), {}


def _lost(
    manifest: Document,
    workers: Workers,
    suspects: Mapping[Bucket, Sequence[int]],
    counts: Mapping[int, int],
) -> dict[Split, Lost]:
    """Return, by split, the records that lose to others; only suspects are compared."""
    rules = uniqueness_rules(manifest["rules"])
    items = list(_by_split(manifest, suspects).items())
    if not items:
        return {}
    settle = partial(_losers, last=manifest["rules"]["on_duplicate_key"] == "last")
    work = partial(_values, counts=counts)
    _, found = workers.exchange(work, items, settle, _buckets(manifest, counts))
    return {
        split: columns_lost(of_split, rules)
        for split, of_split in _by_split(manifest, found).items()
    }


def _by_split(
    manifest: Document, ordinals: Mapping[Bucket, Sequence[int]]
) -> dict[Split, dict[int, list[int]]]:
    """Return, by split and by the number of a rule, the ordinals that buckets hold."""
    merged: dict[tuple[int, int], list[int]] = {}
    for bucket, found in ordinals.items():
        merged.setdefault((bucket.file_index, bucket.rule), []).extend(found)
    sorted_out: dict[Split, dict[int, list[int]]] = {}
    for (file_index, rule), found_in_file in sorted(merged.items()):
        splits = Split.of(file_of(manifest, file_index))
        for split, of_split in by_split(splits, sorted(found_in_file)).items():
            sorted_out.setdefault(split, {})[rule] = of_split
    return sorted_out


def _values(
    engine: Engine, item: tuple[Split, Mapping[int, Sequence[int]]], *, counts: Mapping[int, int]
) -> tuple[None, dict[Bucket, list[Suspect]]]:
    split, suspects = item
    found: dict[Bucket, list[Suspect]] = {}
    for rule, of_rule in enumerate(engine.values(split, suspects)):
        for ordinal, values in of_rule:
            number = crc32("\0".join(values).encode()) % counts[split.file_index]
            bucket = Bucket(split.file_index, rule, number)
            found.setdefault(bucket, []).append((ordinal, values))
    return None, found


def _losers(_: Engine, suspects: Sequence[Sequence[Suspect]], *, last: bool) -> list[int]:
    return losers(chain.from_iterable(suspects), last=last)
