"""A Spark driver JVM that a script process connects to.

The JVM is started directly, without spark-submit's shell scripts and launcher JVM, and with
Spark's jars alone on the class path, which is what class data sharing asks for. A job that brings
no settings of its own needs nothing that the class SparkSubmit does either: its JVM starts with the
gateway that PySpark talks to. The script's process starts beside it, and finds it by the SPARK_HOME
of the run.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud.glue.java import Java
from localcloud.glue.spark_home import CONNECTION, installed_jars, make_spark_home
from localcloud.glue.spark_settings import (
    bucket_folder,
    defaults_file,
    java_options,
    spark_defaults,
    system_properties,
)

START_TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.01
_GATEWAY = "org.apache.spark.api.python.PythonGatewayServer"
"""What SparkSubmit starts for PySpark, once it has read, checked and resolved the settings."""
_SUBMIT = "org.apache.spark.deploy.SparkSubmit"
_LAST = 19
"""The niceness of who works while nobody else does."""


class JvmError(Exception):
    """The JVM did not start; the message ends with what it said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JvmSpec:
    """What a JVM is started with."""

    java: Java
    buckets: frozenset[str]
    small_input: bool
    heap_mb: int
    conf: tuple[tuple[str, str], ...] = ()
    options: tuple[str, ...] = ()


class SparkJvm:
    """One JVM with its working directory; it is used by one run."""

    def __init__(self, spec: JvmSpec) -> None:
        """Start the process; `hand_over` waits for it."""
        self.spec = spec
        self.work_dir = Path(tempfile.mkdtemp(prefix="glue-"))
        self._log = self.work_dir / "jvm.log"
        self._home = self.work_dir / "spark"
        self._listening = self.work_dir / "listening"
        _make_folders(self.work_dir, spec.buckets)
        self.conf_dir = self.work_dir / "conf"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                _command(spec, self.work_dir),
                cwd=self.work_dir,
                env={
                    **os.environ,
                    **self._places(),
                    "_PYSPARK_DRIVER_CONN_INFO_PATH": str(self._listening),
                },
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        make_spark_home(self._home, jvm_pid=self._process.pid)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def hand_over(self, timeout_seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Let the script have the JVM as soon as it listens.

        Raises:
            JvmError: the process ended, or took longer.
        """
        deadline = time.monotonic() + timeout_seconds
        while not self._listening.exists():
            if not self.alive or time.monotonic() > deadline:
                raise JvmError(f"the JVM did not start: {self.output()[-2000:]}")
            time.sleep(POLL_SECONDS)
        self._listening.rename(self._home / CONNECTION)

    def script_environment(self) -> dict[str, str]:
        """The variables by which a script's pyspark finds this JVM."""
        return {**self._places(), "PYSPARK_PYTHON": sys.executable}

    def _places(self) -> dict[str, str]:
        return {
            "JAVA_HOME": str(self.spec.java.home),
            "SPARK_CONF_DIR": str(self.conf_dir),
            "SPARK_HOME": str(self._home),
            "SPARK_LOCAL_IP": "127.0.0.1",
        }

    def yield_to_others(self) -> None:
        """Let the process work only while nobody else wants the processor."""
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _LAST)

    def suspend(self) -> None:
        """Stand still until `resume`; harmless once it has ended."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `suspend`."""
        self._process.send_signal(signal.SIGCONT)

    def output(self) -> str:
        """What the JVM wrote to its standard streams."""
        return self._log.read_text(errors="replace")

    def end(self) -> None:
        """Let the JVM end by itself: its gateway does when its standard input closes."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def wait(self, timeout_seconds: float) -> None:
        """Wait for the end.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        self._process.wait(timeout_seconds)

    def kill(self) -> None:
        """End it at once."""
        self.end()
        self._process.kill()
        self._process.wait()


def _make_folders(work_dir: Path, buckets: Iterable[str]) -> None:
    for name in ("tmp", "local", "conf"):
        (work_dir / name).mkdir()
    for bucket in buckets:
        bucket_folder(work_dir, bucket).mkdir(parents=True)


def _command(spec: JvmSpec, work_dir: Path) -> Sequence[str | Path]:
    options = java_options(
        heap_mb=spec.heap_mb, small_input=spec.small_input, temp_dir=work_dir / "tmp"
    )
    settings = spark_defaults(work_dir=work_dir, buckets=spec.buckets, extra=dict(spec.conf))
    jars = str(installed_jars() / "*")
    java: list[str | Path] = [spec.java.executable, *options, *spec.options, "-cp", jars]
    if not spec.conf:
        return [*java, *system_properties(settings), _GATEWAY]
    defaults = work_dir / "conf" / "spark-defaults.conf"
    defaults.write_text(defaults_file(settings))
    return [*java, _SUBMIT, "--properties-file", defaults, "pyspark-shell"]
