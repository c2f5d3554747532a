"""How Spark is configured from outside, so that the job's script stays as it is on AWS.

`s3://bucket/key` is served by Hadoop's ViewFileSystemOverloadScheme, which maps each bucket to
a folder of this machine; the runner copies objects into and out of it.
Source: https://hadoop.apache.org/docs/r3.3.6/hadoop-project-dist/hadoop-hdfs/ViewFsOverloadScheme.html
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

OPENED_PACKAGES = (
    "java.lang",
    "java.lang.invoke",
    "java.lang.reflect",
    "java.io",
    "java.net",
    "java.nio",
    "java.util",
    "java.util.concurrent",
    "java.util.concurrent.atomic",
    "sun.nio.ch",
    "sun.nio.cs",
    "sun.security.action",
    "sun.util.calendar",
)
"""As in Spark's own JavaModuleOptions."""


def spark_defaults(
    *, work_dir: Path, buckets: Iterable[str], extra: Mapping[str, str]
) -> dict[str, str]:
    """The content of spark-defaults.conf for one JVM; `extra` are the job's own `--conf`."""
    settings = {
        "spark.master": f"local[{os.cpu_count() or 1}]",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(work_dir / "local"),
        "spark.sql.warehouse.dir": (work_dir / "warehouse").as_uri(),
        "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1)),
        "spark.sql.session.timeZone": "UTC",
    }
    for scheme in ("s3", "s3a"):
        settings[f"spark.hadoop.fs.{scheme}.impl"] = (
            "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
        )
    for bucket in buckets:
        settings[f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback"] = bucket_folder(
            work_dir, bucket
        ).as_uri()
    return settings | dict(extra)


def bucket_folder(work_dir: Path, bucket: str) -> Path:
    """Where the objects of a bucket are staged."""
    return work_dir / "s3" / bucket


def defaults_file(settings: Mapping[str, str]) -> str:
    """The settings in the syntax of spark-defaults.conf."""
    return "".join(f"{name} {value}\n" for name, value in sorted(settings.items()))


def system_properties(settings: Mapping[str, str]) -> list[str]:
    """The settings as SparkSubmit leaves them for PySpark's gateway: as options of the JVM."""
    of_submit = {
        "SPARK_SUBMIT": "true",
        "spark.app.name": "pyspark-shell",
        "spark.app.submitTime": str(round(time.time() * 1000)),
        "spark.submit.deployMode": "client",
        "spark.submit.pyFiles": "",
    }
    return [f"-D{name}={value}" for name, value in sorted({**of_submit, **settings}.items())]


def java_options(*, heap_mb: int, small_input: bool, temp_dir: Path) -> list[str]:
    """Options of the JVM.

    For small inputs the start is what costs: the simple compiler and collector halve it. Large
    inputs get the optimising ones, which are about twice as fast once they are warm.
    """
    speed = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"] if small_input else []
    return [
        f"-Xmx{heap_mb}m",
        "-Djava.net.preferIPv6Addresses=false",
        "-Djdk.reflect.useDirectMethodHandle=false",
        "-Duser.timezone=UTC",
        f"-Djava.io.tmpdir={temp_dir}",
        "-XX:+IgnoreUnrecognizedVMOptions",
        *(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENED_PACKAGES),
        "--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED",
        *speed,
    ]
