"""Splits worked on by several workers of one's own: each does a share, one adds them all up.

What became of a split is stored beside its parts. Whoever adds up runs the whole conversion, finds
what shares have stored, and does itself what none has: so the bytes are those of one worker alone,
and of the Lambda and the Glue job, which run the same conversion.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from conversion.conversion import (
    HASHES_PER_BUCKET,
    Bucket,
    Exchanged,
    Item,
    Payload,
    Result,
    Settle,
    Work,
    bucket_counts,
    convert_split,
)
from conversion.engine import Engine, Judged
from conversion.outputs import WrittenPart
from conversion.splits import Split, splits_of
from conversion.threads import Threads
from pipeline.runs.report import Sample
from pipeline.text.oddities import Oddity

Found = tuple[Judged, Mapping[Bucket, bytes]]

PART_KINDS = ("parts", "rejected_parts", "rejected_csv")


def work_off(
    manifest: Mapping[str, Any],
    threads: Threads,
    *,
    share: int,
    shares: int,
    hashes_per_bucket: int = HASHES_PER_BUCKET,
) -> int:
    """Convert every split whose turn it is, and store what became of each; returns how many.

    A split that is stored already, by whoever had this share before, is not worked on again.
    """
    counts = bucket_counts(manifest, hashes_per_bucket)
    store = partial(_store, work=partial(convert_split, counts=counts), counts=counts)
    mine = splits_of(manifest)[share::shares]
    done, _ = threads.exchange(store, mine, _nothing, ())
    return len(done)


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembering:
    """Workers (`conversion.conversion.Workers`) that find what shares have stored."""

    threads: Threads

    def exchange(
        self,
        work: Work[Item, Result, Payload],
        items: Sequence[Item],
        settle: Settle[Payload],
        buckets: Sequence[Bucket],
    ) -> Exchanged[Result]:
        """Work on what is not stored; settle all."""
        counts = {bucket.file_index: bucket.number + 1 for bucket in sorted(buckets)}
        recall = partial(_recall, work=work, counts=counts)
        return self.threads.exchange(recall, items, settle, buckets)


def _recall(
    engine: Engine, item: Any, *, work: Callable[[Engine, Any], Any], counts: Mapping[int, int]
) -> Any:
    stored = engine.storage.find(_name(item, counts)) if isinstance(item, Split) else None
    return work(engine, item) if stored is None else found_in(item, stored)


def _store(
    engine: Engine,
    split: Split,
    *,
    work: Callable[[Engine, Split], Found],
    counts: Mapping[int, int],
) -> tuple[Split, Mapping[Bucket, bytes]]:
    name = _name(split, counts)
    if engine.storage.find(name) is None:
        engine.storage.put(name, document_of(*work(engine, split)))
    return split, {}


def _nothing(_: Engine, __: Sequence[bytes]) -> Sequence[int]:
    return ()


def _name(split: Split, counts: Mapping[int, int]) -> str:
    """Return the name of a split's object: hashes sorted into another number are another's."""
    number = counts[split.file_index]
    return f"shares/{split.file_index:04d}-{split.index:05d}-{number}.json"


def document_of(judged: Judged, hashes: Mapping[Bucket, bytes]) -> bytes:
    """Return what became of a split as its object holds it."""
    document = {
        "valid": judged.valid,
        **{
            kind: [_document_of_part(part) for part in getattr(judged, kind)] for kind in PART_KINDS
        },
        "broken": [[*key, rows] for key, rows in judged.broken.items()],
        "sample": asdict(judged.sample),
        "oddities": [one.as_document() for one in judged.oddities],
        "hashes": [
            [bucket.rule, bucket.number, base64.b64encode(content).decode()]
            for bucket, content in hashes.items()
        ],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def found_in(split: Split, body: bytes) -> Found:
    """Return what became of a split, as it was."""
    document = json.loads(body)
    parts = {kind: [_part(part) for part in document[kind]] for kind in PART_KINDS}
    judged = Judged(
        split=split,
        valid=document["valid"],
        broken=Counter({(column, rule): rows for column, rule, rows in document["broken"]}),
        sample=Sample(**document["sample"]),
        oddities=[Oddity.from_document(one) for one in document["oddities"]],
        **parts,
    )
    return judged, {
        Bucket(split.file_index, rule, number): base64.b64decode(content)
        for rule, number, content in document["hashes"]
    }


def _document_of_part(part: WrittenPart) -> dict[str, Any]:
    """Return a part with its counts as a plain object: `asdict` would count the pairs."""
    plain = {name: getattr(part, name) for name in ("name", "bytes", "rows", "sha256")}
    return {**plain, "values": dict(part.values)}


def _part(document: Mapping[str, Any]) -> WrittenPart:
    return WrittenPart(**{**document, "values": Counter(document["values"])})
