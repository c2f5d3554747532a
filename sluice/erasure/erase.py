"""Erase a subject's rows: items, published, valid and rejected rows, samples, results of queries.

May be repeated at any point: what is gone is not found again. Senders' whole files stay as they
are. What was done stands on record without the key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter

from pipeline import timestamps
from pipeline.rows.attributes import attributes
from pipeline.rows.items import Item
from pipeline.rows.publication import Compression, packed
from sluice.erasure.places import FILES, Place, Search
from sluice.stack.cloud import Cloud
from sluice.stack.control import control_table
from sluice.terminal.exits import OperatorError
from stores.published import Published

_DROPPED = frozenset({"source", "share", "query"})
"""Kinds that nobody needs any more: the whole object goes."""


def refuse_while_runs_are_open(cloud: Cloud, dataset: str) -> None:
    """Make sure that no run may write rows of the dataset meanwhile.

    Raises:
        OperatorError: a run is under way.
    """
    table = control_table(cloud)
    now = timestamps.to_text(datetime.now(UTC))
    for run in table.open("RUN", before=now):
        if run["dataset"] == dataset and run["status"] == "RUNNING":
            raise OperatorError(f"{run['run_id']} is under way: wait for its end, or stop it")


def erase(search: Search, items: Sequence[Item], places: Sequence[Place]) -> Counter[str]:
    """Erase what was found; how many rows, of which kind."""
    cloud = search.cloud
    record = _begin(cloud, search.subject.contract.dataset)
    for item in items:
        key = {name: item[name] for name in search.subject.contract.primary_key}
        cloud.dynamodb.delete_item(TableName=search.table.name, Key=key)
    done = Counter({"items": len(items)})
    own = sorted((p for p in places if p.kind not in FILES), key=attrgetter("key"))
    for _, versions in groupby(own, key=attrgetter("key")):
        found = list(versions)
        _clean(search, found)
        done[found[0].kind] += max(place.rows for place in found)
    left = len({place.uri for place in places if place.kind in FILES})
    _end(cloud, record, done, left)
    return done


def _clean(search: Search, versions: Sequence[Place]) -> None:
    """Put an object without the rows in its place, then delete each version that holds any."""
    latest = next((place for place in versions if place.is_latest), None)
    if latest and latest.kind in _DROPPED:
        search.cloud.s3.delete_object(Bucket=latest.bucket, Key=latest.key)
    elif latest:
        _rewrite(search, latest)
    for place in versions:
        search.cloud.s3.delete_object(
            Bucket=place.bucket, Key=place.key, VersionId=place.version_id
        )


def _rewrite(search: Search, place: Place) -> None:
    s3 = search.cloud.s3
    body = s3.get_object(Bucket=place.bucket, Key=place.key)["Body"].read()
    kept, _ = search.without(place.kind, place.key, body)
    compression: Compression = "gzip" if place.key.endswith(".gz") else "none"
    if place.kind == "published":
        _publish(search, place, kept, compression)
        return
    s3.put_object(Bucket=place.bucket, Key=place.key, Body=packed(kept, compression))


def _publish(search: Search, place: Place, kept: bytes, compression: Compression) -> None:
    """Put the part, and say in the file's publication what it holds now."""
    published = Published(search.cloud.s3, place.bucket)
    part = published.put(
        place.key,
        kept,
        made_of="erasure",
        rows=len(kept.splitlines()),
        compression=compression,
    )
    for known in published.publications(search.subject.contract.dataset):
        if any(p.key == place.key for p in known.parts):
            parts = [part if p.key == place.key else p for p in known.parts]
            published.close(replace(known, parts=parts))
            return


def _begin(cloud: Cloud, dataset: str) -> tuple[str, str]:
    at = timestamps.to_text(datetime.now(UTC))
    pk = f"ERASURE#{dataset}"
    said = {"by": cloud.caller_arn, "dataset": dataset, "status": "BEGUN"}
    cloud.dynamodb.put_item(
        TableName=cloud.stack.control_table, Item=attributes({"pk": pk, "sk": at} | said)
    )
    return pk, at


def _end(cloud: Cloud, record: tuple[str, str], done: Counter[str], files_left: int) -> None:
    table = control_table(cloud)
    ended = {"status": "DONE", "ended_at": timestamps.to_text(datetime.now(UTC))}
    table.update(*record, {**ended, "rows": dict(done), "files_left": files_left})
