"""An archive of Spark's classes as a JVM holds them in memory (AppCDS).

With it a JVM and its first Spark job start in a third of the time. It is made once for each Java
and Spark, by a training run in the background; a JVM that it does not fit ignores it.
`python -m localcloud.glue` makes it at once.
Source: https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from localcloud.cache_folder import drop_unused, used
from localcloud.glue.java import Java, find_java
from localcloud.glue.jvm import JvmError, JvmSpec, SparkJvm
from localcloud.glue.script import ScriptProcess
from localcloud.glue.spark_home import SparkNotFoundError, installed_jars

QUIET = ("-Xlog:disable", "-Xlog:all=error:stderr")
TRAINING_HEAP_MB = 1024
TRAINING_START_SECONDS = 600.0
"""The JVM stands still while runs work."""
DUMP_TIMEOUT_SECONDS = 180.0
_KEPT = 2
_IDLE_SECONDS = 24 * 3600.0
"""An archive takes 140 MB. Each Java and Spark has its own, so that upgrades and projects leave
theirs: beside the latest two there are those that were used within a day."""
_TRAINING = Path(__file__).with_name("training.py")


def archive_path(java: Java, cache_dir: Path) -> Path:
    """Where the archive for this Java and this Spark lies, if there is one."""
    jars = installed_jars()
    training = hashlib.sha256(_TRAINING.read_bytes()).hexdigest()
    what = f"{java.home}\n{java.version}\n{jars}\n{jars.stat().st_mtime_ns}\n{training}"
    return cache_dir / f"spark-{hashlib.sha256(what.encode()).hexdigest()[:16]}.jsa"


def archive_options(java: Java, cache_dir: Path) -> tuple[str, ...]:
    """The JVM options that use the archive; none while there is no archive."""
    path = archive_path(java, cache_dir)
    if not path.exists():
        return ()
    used(path)
    return (f"-XX:SharedArchiveFile={path}", "-Xshare:auto", *QUIET)


def make_archive(java: Java, cache_dir: Path, *, keep: Callable[[SparkJvm], None]) -> None:
    """Train a JVM and let it write the archive at its end; about fifteen seconds of one core.

    `keep` is told of the JVM as soon as it runs, so that somebody can end it early.

    Raises:
        JvmError: the JVM did not start, or wrote nothing.
    """
    cache_dir.mkdir(parents=True, exist_ok=True)
    target = archive_path(java, cache_dir)
    draft = target.with_suffix(f".{os.getpid()}.draft")
    jvm = SparkJvm(
        JvmSpec(
            java=java,
            buckets=frozenset({"training"}),
            small_input=True,
            heap_mb=TRAINING_HEAP_MB,
            options=(f"-XX:ArchiveClassesAtExit={draft}", *QUIET),
        )
    )
    keep(jvm)
    training = ScriptProcess(
        _TRAINING, [], cwd=jvm.work_dir, env={**os.environ, **jvm.script_environment()}
    )
    try:
        jvm.hand_over(TRAINING_START_SECONDS)
        training.wait()
        jvm.end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            jvm.wait(DUMP_TIMEOUT_SECONDS)
        if not draft.exists():
            raise JvmError(f"the JVM wrote no archive: {jvm.output()[-2000:]}")
        draft.replace(target)
        drop_unused(cache_dir, "spark-*", latest=_KEPT, idle_seconds=_IDLE_SECONDS)
    finally:
        training.kill()
        jvm.kill()
        draft.unlink(missing_ok=True)
        shutil.rmtree(jvm.work_dir, ignore_errors=True)


class ArchiveMaker:
    """Makes the archive in the background, once, unless it is there."""

    def __init__(self, cache_dir: Path) -> None:
        self._cache_dir = cache_dir
        self._lock = threading.Lock()
        self._started = False
        self._closed = False
        self._jvm: SparkJvm | None = None

    def work(self) -> None:
        """Begin if the archive is missing, or go on after `rest`; returns at once."""
        java = find_java()
        with self._lock:
            if self._jvm is not None:
                self._jvm.resume()
            if self._started or self._closed or archive_path(java, self._cache_dir).exists():
                return
            self._started = True
        threading.Thread(target=self._make, args=(java,), name="glue-archive", daemon=True).start()

    def rest(self) -> None:
        """Stand still, so that a run has the processor to itself."""
        with self._lock:
            if self._jvm is not None:
                self._jvm.suspend()

    def close(self) -> None:
        """Give up what is unfinished."""
        with self._lock:
            self._closed = True
            jvm = self._jvm
        if jvm is not None:
            jvm.kill()

    def _make(self, java: Java) -> None:
        with contextlib.suppress(
            JvmError, SparkNotFoundError, OSError
        ):  # it only saves time: the next cloud tries
            make_archive(java, self._cache_dir, keep=self._keep)

    def _keep(self, jvm: SparkJvm) -> None:
        jvm.yield_to_others()
        with self._lock:
            self._jvm = jvm
            closed = self._closed
        if closed:
            jvm.kill()
