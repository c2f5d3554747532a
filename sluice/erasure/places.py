"""Where rows of a subject lie: objects in all their versions, and items of the table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import IO, Any, Literal, cast

from pipeline.layout import INCOMING, manifest_key
from pipeline.rows.items import Item
from pipeline.rows.publication import unpacked
from sluice.erasure.subject import Subject
from sluice.rows.items import DatasetTable
from sluice.runs.reports import read_document
from sluice.stack import control
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError

Kind = Literal[
    "published", "valid", "former", "rejected", "rejected_csv", "report",
    "source", "share", "query", "archive", "quarantine", "landing",
]  # fmt: skip
FILES: frozenset[Kind] = frozenset({"archive", "quarantine", "landing"})
"""Whole files of senders: they are named, and nobody changes them."""

THREADS = 8
"""Objects that are looked at at once."""

_IN_RUN = re.compile(
    r"runs/[^/]+/(?:[^/]+/)?"
    r"(?P<kind>source|former|valid|rejected|rejected_csv|share|report)s?(?:/|\.json$)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One version of an object that holds rows of the subject."""

    kind: Kind
    bucket: str
    key: str
    version_id: str
    is_latest: bool
    rows: int

    @property
    def uri(self) -> str:
        """The object's address, without its version."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Search:
    """A look through everything that a stack keeps of a dataset."""

    cloud: Cloud
    subject: Subject
    table: DatasetTable

    def items(self) -> list[Item]:
        """The items of the table."""
        key = list(enumerate(self.subject.key.items()))
        types = self.cloud.dynamodb.describe_table(TableName=self.table.name)["Table"]
        kinds = {a["AttributeName"]: a["AttributeType"] for a in types["AttributeDefinitions"]}
        pages = self.cloud.dynamodb.get_paginator("query").paginate(
            TableName=self.table.name,
            ConsistentRead=True,
            KeyConditionExpression=" AND ".join(f"#k{n} = :k{n}" for n, _ in key),
            ExpressionAttributeNames={f"#k{n}": name for n, (name, _) in key},
            ExpressionAttributeValues={f":k{n}": {kinds[name]: text} for n, (name, text) in key},
        )
        return [cast("Item", item) for page in pages for item in page["Items"]]

    def places(self) -> Iterator[Place]:
        """The objects, each version by itself."""
        work, dataset = self.cloud.stack.work_bucket, self.subject.contract.dataset
        zones: Sequence[tuple[str, str, Kind | None]] = [
            (work, f"published/{dataset}/", "published"),
            (work, "queries/", "query"),
            (work, f"archive/{dataset}/", "archive"),
            (work, f"quarantine/{dataset}/", "quarantine"),
            (self.cloud.stack.landing_bucket, f"{INCOMING}{dataset}/", "landing"),
            *((work, f"runs/{run_id}/", None) for run_id in self._runs()),
        ]
        found = [
            (kind or _kind_in_run(version["Key"]), bucket, version)
            for bucket, prefix, kind in zones
            for version in self._versions(bucket, prefix)
        ]
        looked_at = [(kind, bucket, version) for kind, bucket, version in found if kind]
        with ThreadPoolExecutor(THREADS) as threads:
            counts = threads.map(lambda one: self.rows(*one), looked_at)
            for (kind, bucket, version), rows in zip(looked_at, counts, strict=True):
                if rows:
                    yield Place(
                        kind=kind,
                        bucket=bucket,
                        key=version["Key"],
                        version_id=version["VersionId"],
                        is_latest=version["IsLatest"],
                        rows=rows,
                    )

    def rows(self, kind: Kind, bucket: str, version: Mapping[str, Any]) -> int:
        """How many rows of the subject a version of an object holds."""
        key = version["Key"]
        body = self.cloud.s3.get_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])[
            "Body"
        ]
        if kind in FILES or kind == "source":
            if key.endswith(".reason.json"):
                return 0
            stored = cast("IO[bytes]", body)
            return self.subject.in_file(stored, is_source=kind == "source")
        return self.without(kind, key, body.read())[1]

    def without(self, kind: Kind, key: str, body: bytes) -> tuple[bytes, int]:
        """The bytes of an object without the subject's rows, and how many these were."""
        text = unpacked(key, body)
        if not self.subject.may_hold(text):
            return text, 0
        match kind:
            case "query" | "share":
                return b"", 1
            case "report":
                return self._report(key, json.loads(text))
            case "rejected_csv":
                kept, rows = self.subject.without_records(text.decode())
                return kept.encode(), rows
        return _without_lines(text, partial(self._is_meant, kind, key))

    def _is_meant(self, kind: Kind, key: str, row: Mapping[str, Any]) -> bool:
        """Tell of a row of JSON Lines."""
        if kind == "rejected":
            return self._is_rejected(key, row)
        return self.subject.in_row(row["key"] if kind == "former" else row)

    def _report(self, key: str, report: dict[str, Any]) -> tuple[bytes, int]:
        kept = [row for row in report["sample"] if not self._is_rejected(key, row)]
        changed = report | {"sample": kept}
        return json.dumps(changed).encode(), len(report["sample"]) - len(kept)

    def _is_rejected(self, key: str, row: Mapping[str, Any]) -> bool:
        run_id = key.split("/")[1]
        return self.subject.in_raw(self._columns.of(run_id, row["version_id"]), row["raw"])

    @cached_property
    def _columns(self) -> _Columns:
        return _Columns(self.cloud)

    def _runs(self) -> list[str]:
        """The dataset's runs that have left something, by the names that they begin with."""
        dataset = self.subject.contract.dataset
        pages = self.cloud.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.cloud.stack.work_bucket, Prefix=f"runs/{dataset}-", Delimiter="/"
        )
        found = [
            prefix["Prefix"].split("/")[1] for page in pages for prefix in page["CommonPrefixes"]
        ]
        records = control.run_records(self.cloud, found)
        return [r for r in found if r not in records or records[r]["dataset"] == dataset]

    def _versions(self, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:
        pages = self.cloud.s3.get_paginator("list_object_versions").paginate(
            Bucket=bucket, Prefix=prefix
        )
        for page in pages:
            yield from page.get("Versions", [])


class _Columns:
    """The columns of runs' files, from their manifests, each read once."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._known: dict[str, dict[str, Sequence[str | None]]] = {}

    def of(self, run_id: str, version_id: str) -> Sequence[str | None]:
        """The columns of a file in its order; none if nobody knows them any more."""
        if run_id not in self._known:
            self._known[run_id] = dict(self._read(run_id))
        return self._known[run_id].get(version_id, ())

    def _read(self, run_id: str) -> Iterator[tuple[str, Sequence[str | None]]]:
        try:
            key = manifest_key(run_id)
            manifest = read_document(self._cloud, self._cloud.stack.work_bucket, key)
        except NotFoundError:
            return
        for file in manifest["files"]:
            yield file["version_id"], file["columns"]


def _kind_in_run(key: str) -> Kind | None:
    found = _IN_RUN.match(key)
    if found is None:
        return None
    return cast("Kind", found["kind"])


def _without_lines(text: bytes, is_meant: Callable[[Mapping[str, Any]], bool]) -> tuple[bytes, int]:
    lines = text.splitlines(keepends=True)
    decode = json.JSONDecoder(parse_int=str, parse_float=str).decode
    kept = [line for line in lines if not is_meant(decode(line.decode()))]
    return b"".join(kept), len(lines) - len(kept)
