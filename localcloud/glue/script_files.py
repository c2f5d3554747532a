"""Which objects a script means, as far as its text says so."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

_READERS = frozenset(
    {
        "SQLContext",
        "SparkSession",
        "_jsc",
        "_jvm",
        "binaryFiles",
        "binaryRecords",
        "hadoopFile",
        "hadoopRDD",
        "newAPIHadoopFile",
        "newAPIHadoopRDD",
        "pickleFile",
        "saveAsTextFile",
        "sequenceFile",
        "textFile",
        "wholeTextFiles",
    }
)
"""Names by which scripts come to files through Spark."""


def uses_spark_files(script: str, arguments: Mapping[str, str]) -> bool:
    r"""Whether Spark reads or writes files for a script: code of its own elsewhere may always.

    >>> uses_spark_files("from pyspark import SparkContext\nSparkContext().parallelize([1])", {})
    False
    >>> uses_spark_files("from pyspark.sql import SparkSession", {})
    True
    """
    if "--extra-py-files" in arguments:
        return True
    try:
        return not _READERS.isdisjoint(_names(ast.parse(script)))
    except SyntaxError:  # Python will say so
        return False


def texts_of(script: str) -> Iterator[str]:
    r"""Yield the texts that stand in a script; of an f-string, its beginning.

    >>> list(texts_of("a = 's3://b/x.csv'\nb = f's3://b/{day}/y'"))
    ['s3://b/x.csv', 's3://b/']
    """
    try:
        tree = ast.parse(script)
    except SyntaxError:
        return
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inner.update(id(part) for part in node.values[1:])
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.value


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                yield name
