"""Splits worked on by threads of this process: DuckDB works without Python's lock."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from conversion.conversion import Bucket, Exchanged, Item, Payload, Result, Settle, Work
from conversion.engine import Engine


@dataclass(frozen=True, kw_only=True, slots=True)
class Threads:
    """Workers (`conversion.conversion.Workers`) that share an engine."""

    engine: Engine
    count: int

    def exchange(
        self,
        work: Work[Item, Result, Payload],
        items: Sequence[Item],
        settle: Settle[Payload],
        buckets: Sequence[Bucket],
    ) -> Exchanged[Result]:
        """Work on some items at a time, then settle some buckets at a time."""
        results: list[Result] = []
        gathered: dict[Bucket, list[Payload]] = {bucket: [] for bucket in buckets}
        with ThreadPoolExecutor(self.count) as threads:
            try:
                for result, payloads in threads.map(lambda item: work(self.engine, item), items):
                    results.append(result)
                    for bucket, payload in payloads.items():
                        gathered[bucket].append(payload)
                found = {bucket: payloads for bucket, payloads in gathered.items() if payloads}
                settled = threads.map(lambda each: settle(self.engine, each), found.values())
                return results, dict(zip(found, settled, strict=True))
            except BaseException:
                threads.shutdown(cancel_futures=True)
                raise
