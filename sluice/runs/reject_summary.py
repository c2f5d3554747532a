"""How many rows broke which rule, counted from the rejected rows themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd
from botocore.exceptions import ClientError

from pipeline.layout import split_uri
from sluice.runs.reports import Document
from sluice.stack.cloud import Cloud
from sluice.stack.wrangler import wrangler
from sluice.terminal.exits import NotFoundError

# Rows that are in memory at once.
CHUNK_ROWS = 10_000

_RULE = ["column", "rule"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokenRule:
    """A rule, the number of rows that broke it, and what the first of them was told."""

    column: str | None
    rule: str
    rows: int
    message: str


def broken_rules(cloud: Cloud, report: Document, report_uri: str) -> list[BrokenRule]:
    """The broken rules of a run, the most frequent first.

    Raises:
        NotFoundError: a part that the report lists is not there (any more).
    """
    bucket, _ = split_uri(report_uri)
    paths = [f"s3://{bucket}/{part['key']}" for part in report["rejected_parts"]]
    return _total(map(_count, _chunks(cloud, paths))) if paths else []


def _chunks(cloud: Cloud, paths: list[str]) -> Iterator[pd.DataFrame]:
    with wrangler(cloud) as wr:
        try:
            # dtype: a version id of digits is a text, and a message like a date no date.
            yield from wr.s3.read_json(
                path=paths,
                lines=True,
                dtype=False,
                chunksize=CHUNK_ROWS,
                boto3_session=cloud.session,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"404", "NoSuchKey"}:
                raise
            raise NotFoundError("rejected rows that the report lists are gone") from None


def _count(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows per column and rule of a chunk; a row counts once for each."""
    errors = rows["errors"].explode()
    found = pd.DataFrame(errors.tolist(), columns=[*_RULE, "message"], dtype="str")
    found["row"] = errors.index
    each = found.drop_duplicates(["row", *_RULE])
    return each.groupby(_RULE, as_index=False, dropna=False, sort=False).agg(
        rows=("row", "size"), message=("message", "first")
    )


def _total(counts: Iterable[pd.DataFrame]) -> list[BrokenRule]:
    chunks = list(counts)
    if not chunks:
        return []
    total = (
        pd.concat(chunks)
        .groupby(_RULE, as_index=False, dropna=False, sort=False)
        .agg(rows=("rows", "sum"), message=("message", "first"))
        .sort_values("rows", ascending=False, kind="stable")
    )
    return [
        BrokenRule(
            column=None if pd.isna(each.column) else each.column,
            rule=each.rule,
            rows=int(each.rows),
            message=each.message,
        )
        for each in total.itertuples(index=False)
    ]
