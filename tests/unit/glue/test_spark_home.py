"""How PySpark comes by the JVM of its run."""

import os
import subprocess
import sys
from pathlib import Path

from localcloud.glue.spark_home import CONNECTION, make_spark_home


def submitted(home: Path, connection: Path) -> int:
    command = [home / "bin" / "spark-submit", "pyspark-shell"]
    places = {"SPARK_HOME": str(home), "_PYSPARK_DRIVER_CONN_INFO_PATH": str(connection)}
    return subprocess.run(command, env={**os.environ, **places}, check=False).returncode


def test_it_finds_where_the_jvm_listens(tmp_path: Path) -> None:
    make_spark_home(tmp_path / "spark", jvm_pid=os.getpid())
    (tmp_path / "spark" / CONNECTION).write_text("port and secret")
    assert submitted(tmp_path / "spark", tmp_path / "info") == 0
    assert (tmp_path / "info").read_text() == "port and secret"


def test_it_gives_up_once_the_jvm_is_gone(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    make_spark_home(tmp_path / "spark", jvm_pid=gone.pid)
    assert submitted(tmp_path / "spark", tmp_path / "info") == 1
