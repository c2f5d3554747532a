"""One job run from start to end: stage in, run the script, stage out."""

from __future__ import annotations

import logging
import shlex
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.glue.java import JavaNotFoundError
from localcloud.glue.jvm import JvmError
from localcloud.glue.pool import SparkJvms
from localcloud.glue.script import TAIL_BYTES, ScriptProcess, error_message
from localcloud.glue.script_files import texts_of, uses_spark_files
from localcloud.glue.spark_home import SparkNotFoundError
from localcloud.glue.staging import (
    Prefix,
    Stage,
    list_objects,
    outermost,
    prefixes_of,
    stage_in,
    stage_out,
    unseen,
)

log = logging.getLogger(__name__)

_EXPECTED = (
    ClientError,
    BotoCoreError,
    JvmError,
    JavaNotFoundError,
    SparkNotFoundError,
    OSError,
)
ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"})


@dataclass(frozen=True, kw_only=True, slots=True)
class JobOrder:
    """What a run is to do."""

    job_name: str
    run_id: str
    script_uri: str
    arguments: Mapping[str, str]
    uses_spark: bool
    timeout_minutes: int
    environment: Mapping[str, str]
    max_concurrent_runs: int = 1
    """Runs of the job beyond this number wait for their turn."""

    @property
    def command_line(self) -> list[str]:
        """The script's arguments, as Glue passes them."""
        all_arguments = {
            "--JOB_NAME": self.job_name,
            "--JOB_RUN_ID": self.run_id,
            "--JOB_ID": f"j_{self.job_name}",
            **self.arguments,
        }
        return [part for pair in all_arguments.items() for part in pair]

    @property
    def spark_conf(self) -> tuple[tuple[str, str], ...]:
        """The job's own Spark settings; one `--conf` may hold several, as users of Glue know."""
        pairs = []
        for word in shlex.split(self.arguments.get("--conf", "")):
            name, equals, value = word.partition("=")
            if equals:
                pairs.append((name, value))
        return tuple(pairs)


@dataclass(kw_only=True)
class JobProgress:
    """How far a run has come; written by its thread, read by the API."""

    state: str = "WAITING"
    error_message: str | None = None
    started: float = field(default_factory=time.monotonic)
    execution_seconds: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def holds_workers(self) -> bool:
        """Whether the run counts against the job's limit."""
        return self.state != "WAITING" and self.state not in ENDED


class JobRun:
    """Does one run on a thread of its own."""

    def __init__(
        self,
        order: JobOrder,
        *,
        s3: Any,
        jvms: SparkJvms,
        write_log: Callable[[str, str, str], None],
        at_end: Callable[[], None],
    ) -> None:
        """`write_log(group, stream, text)` appends to CloudWatch Logs; `at_end` is told the end."""
        self.progress = JobProgress()
        self.order = order
        self._at_end = at_end
        self._s3 = s3
        self._jvms = jvms
        self._write_log = write_log
        self._lock = threading.Lock()
        self._script: ScriptProcess | None = None
        self._ending: str | None = None

    def start(self) -> None:
        """Begin, unless the run was stopped while it waited; returns at once."""
        with self._lock:
            if self.progress.state != "WAITING":
                return
            self.progress.state = "STARTING"
        threading.Thread(
            target=self._work, name=f"glue-{self.order.run_id[:12]}", daemon=True
        ).start()

    def stop(self) -> bool:
        """Kill the run, which will end as STOPPED; False if it is over."""
        return self._kill("STOPPED")

    def time_out(self) -> None:
        """Kill the run, which will end as TIMEOUT; harmless if it is over."""
        self._kill("TIMEOUT")

    def _kill(self, ending: str) -> bool:
        with self._lock:
            if self.progress.state in ENDED:
                return False
            if self.progress.state == "WAITING":
                self.progress.state = ending
                self.progress.ended.set()
                return True
            self._ending = self._ending or ending
            if ending == "STOPPED":
                self.progress.state = "STOPPING"
            self._end_script()
            return True

    def _work(self) -> None:
        try:
            if self.order.uses_spark:
                self._work_on_spark()
            else:
                with tempfile.TemporaryDirectory(prefix="glue-") as folder:
                    self._start_script(self._fetch_script(), Path(folder), {})
                    code = self._exit_code()
                    self._finish_by(code, self._publish_logs(""))
        except _EXPECTED as error:
            self._finish("FAILED", f"{type(error).__name__}: {error}")
        except Exception as error:  # the outermost loop of a thread: the run must not hang
            log.exception("run %s failed", self.order.run_id)
            self._finish("FAILED", f"{type(error).__name__}: {error}")

    def _work_on_spark(self) -> None:
        script = self._fetch_script()
        prefixes = self._prefixes(script.decode(errors="replace"))
        objects = list_objects(self._s3, prefixes)
        jvm = self._jvms.take(
            buckets=frozenset(prefix.bucket for prefix in prefixes),
            input_bytes=sum(size for _, _, size in objects),
            conf=self.order.spark_conf,
        )
        try:
            self._start_script(script, jvm.work_dir, jvm.script_environment())
            stage = Stage(work_dir=jvm.work_dir)
            stage_in(self._s3, stage, objects)  # Spark alone looks there: not before it has its JVM
            jvm.hand_over()
            code = self._exit_code()
            stderr = self._publish_logs(jvm.output() + _told(stage.left_out))
            if code >= 0:  # a script that was killed may have left half a file
                stage_out(self._s3, stage, prefixes)
            self._finish_by(code, stderr, unseen(self._s3, prefixes, stderr))
        finally:
            self._end_script()
            self._jvms.retire(jvm)
            shutil.rmtree(jvm.work_dir, ignore_errors=True)

    def _prefixes(self, script: str) -> list[Prefix]:
        """The folders that arguments and the script name; none if Spark reads none for it."""
        if not uses_spark_files(script, self.order.arguments):
            return []
        buckets = self._jvms.buckets()
        literal = [prefix for prefix in prefixes_of(texts_of(script)) if prefix.bucket in buckets]
        return outermost({*prefixes_of(self.order.arguments.values()), *literal})

    def _start_script(self, script: bytes, folder: Path, environment: Mapping[str, str]) -> None:
        """Start the script's process, unless the run is to end already."""
        path = folder / Path(self.order.script_uri).name
        path.write_bytes(script)
        with self._lock:
            if self._ending is not None:
                return
            self._script = ScriptProcess(
                path,
                self.order.command_line,
                cwd=folder,
                env={**self.order.environment, **environment},
            )
            self.progress.state = "RUNNING"

    def _exit_code(self) -> int:
        return -signal.SIGKILL if self._script is None else self._script.wait()

    def _end_script(self) -> None:
        if self._script is not None:
            self._script.kill()

    def _fetch_script(self) -> bytes:
        bucket, _, key = self.order.script_uri.partition("://")[2].partition("/")
        script: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return script

    def _publish_logs(self, jvm_output: str) -> str:
        """Send all output to CloudWatch Logs; the end of what the script wrote as errors."""
        if self._script is None:
            return ""
        stderr = self._script.error.read_text(errors="replace")
        stdout = self._script.output.read_text(errors="replace")
        self._write_log("/aws-glue/jobs/output", self.order.run_id, stdout)
        self._write_log("/aws-glue/jobs/error", self.order.run_id, jvm_output + stderr)
        return stderr[-TAIL_BYTES:]

    def _finish_by(self, code: int, stderr: str, hint: str = "") -> None:
        if self._ending == "TIMEOUT":
            self._finish("TIMEOUT", "Job run exceeded its timeout")
        elif self._ending is not None:
            self._finish(self._ending, None)
        elif code == 0:
            self._finish("SUCCEEDED", None)
        else:
            self._finish("FAILED", error_message(stderr, code) + hint)

    def _finish(self, state: str, message: str | None) -> None:
        with self._lock:
            self.progress.execution_seconds = round(time.monotonic() - self.progress.started)
            self.progress.error_message = message
            self.progress.state = state
        self.progress.ended.set()
        self._at_end()


def _told(left_out: Sequence[str]) -> str:
    """What the job's log says of objects that Spark cannot see here, although it can on AWS."""
    return "".join(
        f"{uri!r} cannot be a file on this machine: s3:// leaves it out\n" for uri in left_out
    )
