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
    """The engine of a batch, and the workers of the Glue job if it is that."""

    engine: Literal["duckdb", "spark"]
    workers: int


def resources_for(text_bytes: int, *, small_path_max_bytes: int, max_workers: int) -> Resources:
    """Return DuckDB in a Lambda up to the limit; beyond it Spark, with workers for the bytes."""
    executors = -(-text_bytes // BYTES_PER_EXECUTOR)
    return Resources(
        engine="duckdb" if text_bytes <= small_path_max_bytes else "spark",
        workers=max(LEAST_WORKERS, min(DRIVER + executors, max_workers)),
    )
