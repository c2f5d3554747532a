"""Splits worked on by the tasks of a Spark cluster; what they have for a bucket is shuffled.

All that a lost executor takes with it is made anew from the splits, by Spark's lineage: tasks keep
nothing but the objects that they store, and a task that is repeated stores the same ones.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conversion.conversion import Bucket, Exchanged, Item, Payload, Result, Settle, Work
from conversion.engine import Engine
from conversion.storage import storage_at
from conversion.workshop import Workshop

if TYPE_CHECKING:
    from pyspark import Broadcast, SparkContext

MEMORY_BYTES = 1024**3
"""What DuckDB may hold in one task; above what 32 MiB of text and its verdicts take."""

PLACES = 64
"""Tasks that settle buckets, at least: many, so that each holds few of them in memory."""

PLACES_PER_CORE = 4
"""Where a cluster has so many cores that these are more."""

_engines: dict[str, Engine] = {}
"""A worker's process serves many tasks: its database is opened once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SparkWorkers:
    """Workers (`conversion.conversion.Workers`) on a cluster that can import this package."""

    context: SparkContext
    manifest: Broadcast[Mapping[str, Any]]
    output_uri: str

    def exchange(
        self,
        work: Work[Item, Result, Payload],
        items: Sequence[Item],
        settle: Settle[Payload],
        buckets: Sequence[Bucket],
    ) -> Exchanged[Result]:
        """Work on each item in a task of its own, then settle each bucket in one.

        A single item has nobody to exchange with: the task that works on it settles its buckets.
        """
        task = _Task(manifest=self.manifest, output_uri=self.output_uri)
        if len(items) == 1:
            do_all = partial(_done_alone, task, work, settle)
            [(result, found)] = self.context.parallelize(items, 1).mapPartitions(do_all).collect()
            return [result], found
        places = min(len(buckets), max(PLACES, PLACES_PER_CORE * self.context.defaultParallelism))
        place_of = {bucket: 1 + number % places for number, bucket in enumerate(buckets)}

        def do(_: int, given: Iterable[Item]) -> Iterator[tuple[int, Any]]:
            for item in given:
                result, payloads = work(task.engine(), item)
                yield 0, result
                for bucket, payload in payloads.items():
                    yield place_of[bucket], (bucket, payload)

        def settled(place: int, pairs: Iterable[tuple[int, Any]]) -> Iterator[Any]:
            if place == 0:
                return (result for _, result in pairs)
            gathered: dict[Bucket, list[Payload]] = {}
            for _, (bucket, payload) in pairs:
                gathered.setdefault(bucket, []).append(payload)
            return ((bucket, settle(task.engine(), each)) for bucket, each in gathered.items())

        done = self.context.parallelize(items, len(items)).mapPartitionsWithIndex(do)
        shuffled = done.partitionBy(1 + places, partitionFunc=int)
        results, *of_places = shuffled.mapPartitionsWithIndex(settled).glom().collect()
        return results, dict(chain.from_iterable(of_places))


def _done_alone(
    task: _Task, work: Work[Item, Result, Payload], settle: Settle[Payload], given: Iterable[Item]
) -> Iterator[tuple[Result, dict[Bucket, Sequence[int]]]]:
    for item in given:
        result, payloads = work(task.engine(), item)
        yield result, {at: settle(task.engine(), [it]) for at, it in payloads.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Task:
    """What a task needs to come by an engine."""

    manifest: Broadcast[Mapping[str, Any]]
    output_uri: str

    def engine(self) -> Engine:
        """Return the engine of this process for this attempt."""
        if self.output_uri not in _engines:
            folders = os.environ.get("SPARK_LOCAL_DIRS", tempfile.gettempdir())
            folder = Path(tempfile.mkdtemp(dir=folders.split(",")[0]))
            workshop = Workshop.open(folder, MEMORY_BYTES)
            _engines[self.output_uri] = Engine(
                manifest=self.manifest.value,
                storage=storage_at(self.output_uri),
                workshop=workshop,
            )
        return _engines[self.output_uri]
