"""Empties services: what is deployed stays, what it holds goes.

It goes by the services' own APIs, so it is kept, like all that they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from localcloud.deploy.stacks import ARTIFACT_BUCKET

Client = Callable[[str], Any]
_BATCH_OF_ITEMS = 25
_BATCH_OF_OBJECTS = 1_000


def reset(service: str | None, client: Client) -> dict[str, int]:
    """How many things went, by service; of one service, or of all.

    Raises:
        ValueError: there is nothing to be emptied in that service.
    """
    if service is not None and service not in RESETS:
        raise ValueError(f"{service!r} cannot be reset, but {', '.join(RESETS)} can")
    chosen = RESETS if service is None else {service: RESETS[service]}
    return {name: empty(client) for name, empty in chosen.items()}


def _executions(client: Client) -> int:
    """Stop what runs; histories stay, as they do on AWS."""
    states, stopped = client("stepfunctions"), 0
    for page in states.get_paginator("list_state_machines").paginate():
        for machine in page["stateMachines"]:
            if machine["type"] == "EXPRESS":
                continue
            running = states.get_paginator("list_executions").paginate(
                stateMachineArn=machine["stateMachineArn"], statusFilter="RUNNING"
            )
            arns = [found["executionArn"] for page in running for found in page["executions"]]
            for arn in arns:
                states.stop_execution(executionArn=arn, error="Reset", cause="the cloud was reset")
            stopped += len(arns)
    return stopped


def _queues(client: Client) -> int:
    sqs = client("sqs")
    urls = sqs.list_queues().get("QueueUrls", [])
    for url in urls:
        sqs.purge_queue(QueueUrl=url)
    return len(urls)


def _items(client: Client) -> int:
    dynamodb, gone = client("dynamodb"), 0
    for page in dynamodb.get_paginator("list_tables").paginate():
        for table in page["TableNames"]:
            keys = iter(list(_keys_of(dynamodb, table)))
            while batch := list(islice(keys, _BATCH_OF_ITEMS)):
                writes = [{"DeleteRequest": {"Key": key}} for key in batch]
                dynamodb.batch_write_item(RequestItems={table: writes})
                gone += len(batch)
    return gone


def _keys_of(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:
    schema = dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]
    names = [part["AttributeName"] for part in schema]
    for page in dynamodb.get_paginator("scan").paginate(TableName=table):
        yield from ({name: item[name] for name in names} for item in page["Items"])


def _objects(client: Client) -> int:
    s3, gone = client("s3"), 0
    for bucket in s3.list_buckets()["Buckets"]:
        if bucket["Name"] == ARTIFACT_BUCKET:
            continue  # it holds what the functions are made of
        found = list(_versions_of(s3, bucket["Name"]))
        for one in found:
            if not one["Key"].isprintable():  # XML cannot hold control characters
                s3.delete_object(Bucket=bucket["Name"], **one)
        plain = (one for one in found if one["Key"].isprintable())
        while batch := list(islice(plain, _BATCH_OF_OBJECTS)):
            s3.delete_objects(Bucket=bucket["Name"], Delete={"Objects": batch, "Quiet": True})
        gone += len(found)
    return gone


def _versions_of(s3: Any, bucket: str) -> Iterator[dict[str, str]]:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for found in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            yield {"Key": found["Key"], "VersionId": found["VersionId"]}


def _log_streams(client: Client) -> int:
    logs, gone = client("logs"), 0
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            name = {"logGroupName": group["logGroupName"]}
            pages = logs.get_paginator("describe_log_streams").paginate(**name)
            streams = [found["logStreamName"] for page in pages for found in page["logStreams"]]
            for stream in streams:
                logs.delete_log_stream(**name, logStreamName=stream)
            gone += len(streams)
    return gone


RESETS: Mapping[str, Callable[[Client], int]] = {
    "states": _executions,
    "sqs": _queues,
    "dynamodb": _items,
    "s3": _objects,
    "logs": _log_streams,
}
"""In the order in which nothing writes what was emptied before."""
