"""An archive of Spark's loaded classes (AppCDS), which makes each JVM start in a fraction.

It is made once for each Java and Spark; a JVM whose class path does not match ignores it.
Source: https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from localcloud.glue.java import Java
from localcloud.glue.jvm import spark_home


def archive_path(java: Java, cache_dir: Path) -> Path:
    """Where the archive for this Java and this Spark lies, if there is one."""
    jars = spark_home() / "jars"
    what = f"{java.home}\n{java.version}\n{jars}\n{jars.stat().st_mtime_ns}"
    return cache_dir / f"spark-{hashlib.sha256(what.encode()).hexdigest()[:16]}.jsa"


def archive_options(java: Java, cache_dir: Path) -> tuple[str, ...]:
    """The JVM options that use the archive; none while there is no archive."""
    path = archive_path(java, cache_dir)
    if not path.exists():
        return ()
    return (
        f"-XX:SharedArchiveFile={path}",
        "-Xshare:auto",
        "-Xlog:cds=off",
        "-Xlog:cds+dynamic=off",
    )
