"""Read what a run's conversion reported: counts, broken rules, rejected rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from io import BufferedReader, RawIOBase
from typing import Any, cast

from pipeline.layout import split_uri
from pipeline.text.oddities import warnings_of
from sluice.runs.history import StateVisit
from sluice.runs.run import Run
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError

Document = Mapping[str, Any]


def reported_uri(visits: Iterable[StateVisit]) -> str | None:
    """The report that a run's last judgement was about, from its history (with data)."""
    outputs = [visit.output for visit in visits if visit.name == "Judge Quality" and visit.output]
    return json.loads(outputs[-1])["report_uri"] if outputs else None


def read_report(cloud: Cloud, uri: str) -> Document:
    """The report of an attempt.

    Raises:
        NotFoundError: it is not there (any more).
    """
    return read_document(cloud, *split_uri(uri))


def told_warnings(cloud: Cloud, run: Run) -> list[str]:
    """What a run accepted although it looks odd; nothing if its report is gone."""
    if not (run.counts.warnings and run.report_uri):
        return []
    try:
        return warnings_of(read_report(cloud, run.report_uri))
    except NotFoundError:
        return []


def read_document(cloud: Cloud, bucket: str, key: str) -> Document:
    """A JSON document.

    Raises:
        NotFoundError: it is not there (any more).
    """
    document: Document = json.load(_open(cloud, bucket, key))
    return document


def rejected_rows(cloud: Cloud, report: Document, report_uri: str) -> Iterator[Document]:
    """The rejected rows that a report lists, in the order of the files."""
    bucket, _ = split_uri(report_uri)
    for part in report["rejected_parts"]:
        with _open(cloud, bucket, part["key"]) as stream:
            yield from map(json.loads, stream)


def valid_lines(cloud: Cloud, bucket: str, part: Document) -> list[bytes]:
    """The JSON lines of one part of the valid rows.

    Raises:
        NotFoundError: it is not there (any more).
    """
    return _open(cloud, bucket, part["key"]).read().splitlines()


def refusal_reason(cloud: Cloud, destination_uri: str) -> Document:
    """Why a file was put into quarantine: `{"code", "message", …}`."""
    bucket, key = split_uri(destination_uri)
    return read_document(cloud, bucket, f"{key}.reason.json")


def _open(cloud: Cloud, bucket: str, key: str) -> BufferedReader:
    try:
        body = cloud.s3.get_object(Bucket=bucket, Key=key)["Body"]
    except cloud.s3.exceptions.NoSuchKey:
        raise NotFoundError(f"there is no s3://{bucket}/{key} (any more)") from None
    return BufferedReader(cast("RawIOBase", body))
