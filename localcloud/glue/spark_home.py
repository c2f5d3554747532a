"""What a run finds as SPARK_HOME: the installed jars, and a `bin/spark-submit` of its own.

PySpark starts its JVM by `$SPARK_HOME/bin/spark-submit` when a script makes its SparkContext, and
waits for a file in which the JVM says where it listens. Here the JVM starts beside the script, and
`spark-submit` links that file.

The packages in `python/lib` are left out: Spark puts them on the path of its Python workers before
the installed pyspark, and they are sources, which each daemon would compile for 0.6 CPU seconds.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

CONNECTION = "connection"
"""The file in which the JVM says where it listens, once it may be used."""

_SUBMIT = f"""\
#!/bin/sh
until [ -e "$SPARK_HOME/{CONNECTION}" ]; do kill -0 JVM || exit 1; sleep 0.02; done
exec ln -s "$SPARK_HOME/{CONNECTION}" "$_PYSPARK_DRIVER_CONN_INFO_PATH"
"""


class SparkNotFoundError(Exception):
    """The package pyspark is not installed."""


def installed_jars() -> Path:
    """Where the package pyspark keeps Spark's jars.

    Raises:
        SparkNotFoundError: pyspark is not installed.
    """
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise SparkNotFoundError(SparkNotFoundError.__doc__)
    return Path(spec.origin).with_name("jars")


def make_spark_home(home: Path, *, jvm_pid: int) -> None:
    """Lay out the folder for one run; who waits for its JVM gives up once that process is gone."""
    submit = home / "bin" / "spark-submit"
    submit.parent.mkdir(parents=True)
    submit.write_text(_SUBMIT.replace("JVM", str(jvm_pid)))
    submit.chmod(0o700)
    (home / "jars").symlink_to(installed_jars())
