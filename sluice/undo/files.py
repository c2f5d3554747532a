"""Takes the files of an undone run from the archive to quarantine, as their rows are no more."""

from __future__ import annotations

import json
from dataclasses import replace

from pipeline.layout import quarantine_key, reason_key, s3_uri, split_uri
from sluice.runs.run import Run, RunFile
from sluice.runs.undo_order import Order
from sluice.stack.cloud import Cloud
from sluice.undo.orders import Orders


def move_files(cloud: Cloud, run: Run, orders: Orders, order: Order) -> list[RunFile]:
    """Move each archived file to quarantine; returns the files as they lie now.

    Each step may be repeated: the reason is there before the copy, the copy before the original
    goes, and the claim is written last.
    """
    files = []
    for file in run.files:
        if file.disposition == "archived" and file.destination_uri:
            target = quarantine_key(run.dataset, run.run_id, file.version_id, file.key)
            bucket, archived = split_uri(file.destination_uri)
            _move(cloud, bucket, archived, target, _reason(run, file, order))
            moved = replace(file, disposition="quarantined", destination_uri=s3_uri(bucket, target))
            orders.move(moved, order, s3_uri(bucket, target))
            files.append(moved)
        else:
            files.append(file)
    orders.place(files)
    return files


def _move(cloud: Cloud, bucket: str, archived: str, target: str, reason: bytes) -> None:
    cloud.s3.put_object(
        Bucket=bucket, Key=reason_key(target), Body=reason, ContentType="application/json"
    )
    if _is_there(cloud, bucket, archived):
        cloud.s3.copy({"Bucket": bucket, "Key": archived}, bucket, target)
        cloud.s3.delete_object(Bucket=bucket, Key=archived)


def _is_there(cloud: Cloud, bucket: str, key: str) -> bool:
    found = cloud.s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    return any(entry["Key"] == key for entry in found)


def _reason(run: Run, file: RunFile, order: Order) -> bytes:
    why = f": {order.comment}" if order.comment else ""
    document = {
        "code": "undone",
        "message": f"{order.by} undid the load at {order.at}{why}",
        "status": run.status,
        "run_id": run.run_id,
        "dataset": run.dataset,
        "key": file.key,
        "version_id": file.version_id,
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode()
