"""Where runs get their JVMs from, and who ends those that are left."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from localcloud.glue.archive import ArchiveMaker, archive_options
from localcloud.glue.java import find_java
from localcloud.glue.jvm import JvmSpec, SparkJvm

SMALL_INPUT_BYTES = 32 * 1024 * 1024
"""Up to here a run takes seconds and its start is most of it."""
HEAP_LIMIT_MB = 4096


class SparkJvms:
    """Starts a JVM for each run, and ends all that are left at `close`."""

    def __init__(self, *, cache_dir: Path, buckets: Callable[[], frozenset[str]]) -> None:
        """`buckets` lists the buckets that exist, all of which a JVM can read and write."""
        self._cache_dir = cache_dir
        self.buckets = buckets
        self._lock = threading.Lock()
        self._all: set[SparkJvm] = set()
        self._archive = ArchiveMaker(cache_dir)
        self._closed = False

    def take(
        self, *, buckets: frozenset[str], input_bytes: int, conf: tuple[tuple[str, str], ...]
    ) -> SparkJvm:
        """A JVM that knows these buckets and settings, for one run.

        Raises:
            JavaNotFoundError: there is no Java.
        """
        spec = self._spec(
            buckets=buckets | self.buckets(),
            small_input=input_bytes <= SMALL_INPUT_BYTES,
            conf=conf,
        )
        self._archive.rest()
        jvm = SparkJvm(spec)
        with self._lock:
            self._all.add(jvm)
            closed = self._closed
        if closed:
            jvm.kill()
        return jvm

    def retire(self, jvm: SparkJvm) -> None:
        """End a JVM whose run is over; then there is time to make the next ones start faster."""
        jvm.kill()
        with self._lock:
            self._all.discard(jvm)
            idle = not self._all and not self._closed
        if idle:
            self._archive.work()

    def close(self) -> None:
        """Kill all JVMs."""
        with self._lock:
            self._closed = True
            jvms = list(self._all)
        self._archive.close()
        for jvm in jvms:
            jvm.kill()

    def _spec(
        self, *, buckets: frozenset[str], small_input: bool, conf: tuple[tuple[str, str], ...]
    ) -> JvmSpec:
        java = find_java()
        memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return JvmSpec(
            java=java,
            buckets=buckets,
            small_input=small_input,
            heap_mb=min(HEAP_LIMIT_MB, memory_bytes // 2**21),
            conf=conf,
            options=archive_options(java, self._cache_dir),
        )
