"""A Spark driver JVM that a script process connects to.

The JVM is started directly, without spark-submit's shell scripts and launcher JVM, and with
Spark's jars alone on the class path, which is what class data sharing asks for. The script
finds it by PYSPARK_GATEWAY_PORT and PYSPARK_GATEWAY_SECRET, which pyspark provides for that.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from localcloud.glue.java import Java
from localcloud.glue.spark_settings import (
    bucket_folder,
    defaults_file,
    java_options,
    spark_defaults,
)

START_TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.01


class JvmError(Exception):
    """The JVM did not start; the message ends with what it said."""


def spark_home() -> Path:
    """Where the package pyspark keeps Spark.

    Raises:
        JvmError: pyspark is not installed.
    """
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise JvmError("the package pyspark is not installed")
    return Path(spec.origin).parent


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
        """Start the process; `connection` waits for it."""
        self.spec = spec
        self.work_dir = Path(tempfile.mkdtemp(prefix="glue-"))
        self._log = self.work_dir / "jvm.log"
        self._connection_file = self.work_dir / "connection"
        _make_folders(self.work_dir, spec.buckets)
        settings = spark_defaults(
            work_dir=self.work_dir, buckets=spec.buckets, extra=dict(spec.conf)
        )
        self.conf_dir = self.work_dir / "conf"
        defaults = self.conf_dir / "spark-defaults.conf"
        defaults.write_text(defaults_file(settings))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                _command(spec, defaults, self.work_dir / "tmp"),
                cwd=self.work_dir,
                env=_environment(spec.java, self.conf_dir, self._connection_file),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def connection(self) -> tuple[int, str]:
        """Port and secret of the gateway, as soon as it listens.

        Raises:
            JvmError: the process ended, or took longer than a minute.
        """
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self._connection_file.exists():
            if not self.alive or time.monotonic() > deadline:
                raise JvmError(f"the JVM did not start: {self.output()[-2000:]}")
            time.sleep(POLL_SECONDS)
        content = self._connection_file.read_bytes()
        port, length = struct.unpack_from("!ii", content)
        return port, content[8 : 8 + length].decode()

    def script_environment(self, port: int, secret: str) -> dict[str, str]:
        """The variables by which a script's pyspark finds this JVM."""
        return {
            "JAVA_HOME": str(self.spec.java.home),
            "PYSPARK_GATEWAY_PORT": str(port),
            "PYSPARK_GATEWAY_SECRET": secret,
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_CONF_DIR": str(self.conf_dir),
            "SPARK_HOME": str(spark_home()),
            "SPARK_LOCAL_IP": "127.0.0.1",
        }

    def yield_to_others(self) -> None:
        """Let the process work only while nobody else wants the processor."""
        with contextlib.suppress(psutil.Error):
            psutil.Process(self._process.pid).nice(19)

    def suspend(self) -> None:
        """Stand still until `resume`; harmless once it has ended."""
        with contextlib.suppress(psutil.Error):
            psutil.Process(self._process.pid).suspend()

    def resume(self) -> None:
        """Go on after `suspend`."""
        with contextlib.suppress(psutil.Error):
            psutil.Process(self._process.pid).resume()

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


def _command(spec: JvmSpec, defaults: Path, temp_dir: Path) -> Sequence[str | Path]:
    options = java_options(heap_mb=spec.heap_mb, small_input=spec.small_input, temp_dir=temp_dir)
    return [
        spec.java.executable,
        *options,
        *spec.options,
        "-cp",
        str(spark_home() / "jars" / "*"),
        "org.apache.spark.deploy.SparkSubmit",
        "--properties-file",
        defaults,
        "pyspark-shell",
    ]


def _environment(java: Java, conf_dir: Path, connection_file: Path) -> Mapping[str, str]:
    return {
        **os.environ,
        "JAVA_HOME": str(java.home),
        "SPARK_HOME": str(spark_home()),
        "SPARK_CONF_DIR": str(conf_dir),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "_PYSPARK_DRIVER_CONN_INFO_PATH": str(connection_file),
    }
