"""What a conversion gets to work with, by the bytes of text: never by what they shrink to.

Why these figures: docs/decisions/0071-resources-by-work.md.

>>> resources_for(512, small_path_max_bytes=512, max_workers=10)
Resources(engine='duckdb', workers=2)
>>> resources_for(513, small_path_max_bytes=512, max_workers=10)
Resources(engine='spark', workers=2)
>>> resources_for(20 * 1024**3, small_path_max_bytes=512, max_workers=10)
Resources(engine='spark', workers=6)
>>> resources_for(1024**4, small_path_max_bytes=512, max_workers=10)
Resources(engine='spark', workers=10)
>>> resources_for(513, small_path_max_bytes=512, max_workers=10, own_workers=3, splits=2)
Resources(engine='own', workers=2)
"""

from dataclasses import dataclass
from typing import Literal

BYTES_PER_EXECUTOR = 4 * 1024**3
"""Some 80 seconds of work for the four cores of a G.1X worker: Glue bills a minute at least."""

DRIVER = 1
"""The worker that distributes the work and does none of it."""

LEAST_WORKERS = 2
"""Of a job on Glue."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resources:
    """What converts a batch, and the workers of the Glue job, or shares of workers of one's own."""

    engine: Literal["duckdb", "spark", "own"]
    workers: int


def resources_for(
    text_bytes: int,
    *,
    small_path_max_bytes: int,
    max_workers: int,
    own_workers: int = 0,
    splits: int = 1,
) -> Resources:
    """Return DuckDB in a Lambda up to the limit; beyond it Spark, with workers for the bytes.

    Where there are workers of one's own they get every batch, in as many shares as make sense.
    """
    if own_workers:
        return Resources(engine="own", workers=max(1, min(own_workers, splits)))
    executors = -(-text_bytes // BYTES_PER_EXECUTOR)
    return Resources(
        engine="duckdb" if text_bytes <= small_path_max_bytes else "spark",
        workers=max(LEAST_WORKERS, min(DRIVER + executors, max_workers)),
    )
