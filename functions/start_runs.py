"""Start Runs: one execution for the drops that arrive together, and for what the schedule finds.

Input, one of:
    a batch of the queue of drops: `{"Records": [{"messageId", "body"}]}`, each body `{"detail",
    "left_alone"}` with the detail of EventBridge's event "Object Created" of the landing bucket,
    keys as they are, and the patterns of names that are no files;
    `{"source": "sluice.schedule", "at": "2026-07-01T09:30:00Z", "left_alone": "_*,*.tmp"}` (all
    file versions that no run takes care of, by dataset; without `at`, none is spared for a while);
    `{"source": "manual", "keys": ["incoming/…"], "files": [{"key", "version_id"}]}` (the latest
    versions of these keys, and these versions; one of the two lists may be absent).
Output:
    for a batch `{"batchItemFailures": [{"itemIdentifier"}]}`: the messages that nobody understood
    or whose run could not be started now, which come again; else
    `{"started": [{"run_id", "execution_arn", "dataset", "files": n}], "ignored": [key]}`; ignored
    is what is no file, and by hand also what a run takes care of or has settled.
Errors:
    EventError (not to be retried), also once all others have started where a file has no version:
    its bucket keeps none, so the bytes that were judged could not be told from later ones;
    TransientError.

Names and inputs of executions are pure functions of the files, so a batch that comes twice meets
ExecutionAlreadyExists, which is success. Messages that come again in other company are left out
where a run has their file already; where none has it yet, the claim in the workflow decides.
"""

from __future__ import annotations

import functools
import json
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from pipeline import layout
from pipeline.contracts.contract_shelf import datasets
from pipeline.errors import EventError
from pipeline.printable import printable
from pipeline.runs.identity import NO_VERSION, FileVersion, RunRequest, claim_key, dataset_of
from pipeline.runs.landing import is_left_alone, patterns_of
from pipeline.runs.metrics import Figures
from pipeline.runs.pickup import ClaimState, drops, pending, requests
from pipeline.runs.verdict import LOAD
from stores import aws
from stores.claims import Claims
from stores.control import ControlTable
from stores.eyes import Eyes
from stores.outbox import Outbox

log = logging.getLogger(__name__)
aws.at_init(aws.dynamodb, aws.stepfunctions)

RUNS_PER_LOOK = 100
"""That the schedule starts at once: of a folder of thousands of old files, the rest waits."""


@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Start the runs that an event asks for."""
    if "Records" in event:
        return _start_drops(event["Records"])
    if event.get("source") == "sluice.schedule":
        patterns = patterns_of(event.get("left_alone", ""))
        lying = _versions(layout.INCOMING)
        files = [file for file in lying if not is_left_alone(file.key, patterns)]
        wanted = _pick_up(files, "schedule", now=event.get("at"))
        found = wanted[:RUNS_PER_LOOK]
        waiting = sum(len(request.files) for request in wanted)
        counted = {"PickUps": 1, "FilesWaiting": waiting}
        Eyes(os.environ["METRICS_NAMESPACE"]).seen(Figures(values=counted, unit="Count"))
        ignored = []
    elif event.get("source") == "manual":
        files = list(_named(event))
        found = _pick_up(files, "manual", now=None)
        taken = {file for request in found for file in request.files}
        ignored = [file.key for file in files if file not in taken]
    else:
        raise EventError(f"no run can be started from an event of source {event.get('source')!r}")
    for key in ignored:
        log.info("ignored", extra={"key": key})
    started = [_start_anew(request) for request in found]
    _refuse_unversioned(files)
    return {"started": started, "ignored": ignored}


def _start_drops(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Start runs for a batch of messages; one that cannot be helped now holds up no other."""
    messages: defaultdict[FileVersion, list[str]] = defaultdict(list)
    failed = []
    for record in records:
        try:
            file = _announced(json.loads(record["body"]))
        except (EventError, ValueError) as error:
            log.warning("not understood", extra={"reason": str(error)})
            failed.append(record["messageId"])
        else:
            if file is not None:
                messages[file].append(record["messageId"])
    for files, act in _acts(messages):
        try:
            act()
        except (ClientError, HTTPClientError):
            log.exception("not done", extra={"key": files[0].key, "files": len(files)})
            failed += [message for file in files for message in messages[file]]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


def _announced(event: Mapping[str, Any]) -> FileVersion | None:
    """Return the file that a message tells of; None for what is no file, or not yet."""
    file = file_of(event)
    if file.is_folder_marker or is_left_alone(file.key, patterns_of(event.get("left_alone", ""))):
        log.info("ignored", extra={"key": file.key})
        return None
    _refuse_unversioned([file])
    return file


def _acts(
    announced: Collection[FileVersion],
) -> Iterator[tuple[Sequence[FileVersion], Callable[[], object]]]:
    """Yield what is to be done about files that were announced together, with the files."""
    known = datasets()
    if strays := [file for file in announced if not file.key.startswith(layout.INCOMING)]:
        yield strays, functools.partial(_tell_astray, strays, known)
    wanted = [(dataset_of(file.key, known), file) for file in _unclaimed(announced)]
    for request in drops(wanted, max_files=int(os.environ["MAX_FILES_PER_RUN"])):
        yield request.files, functools.partial(_start, request)


def _tell_astray(files: Sequence[FileVersion], known: Collection[str]) -> None:
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    outbox = Outbox(aws.sns(), os.environ["OUTCOME_TOPIC_ARN"], control)
    outbox.tell_astray(files[0].bucket, [file.key for file in files], known)


def _unclaimed(announced: Iterable[FileVersion]) -> list[FileVersion]:
    """Return the files that no run has ever claimed; what failed is left to the schedule."""
    files = [file for file in announced if _is_file(file)]
    claimed = _claims(files)
    return [file for file in files if file not in claimed]


def file_of(event: Mapping[str, Any]) -> FileVersion:
    """Return the object that an S3 event of EventBridge announces; its key stands as it is.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html

    Raises:
        EventError: the event lacks what every such event has.
    """
    try:
        detail = event["detail"]
        described = detail["object"]
        return FileVersion(
            bucket=detail["bucket"]["name"],
            key=described["key"],
            version_id=described.get("version-id") or NO_VERSION,
            etag=described["etag"],
            size_bytes=described.get("size", 0),
            sequencer=described.get("sequencer", ""),
            requester=detail.get("requester", ""),
        )
    except (KeyError, TypeError) as error:
        raise EventError(f"the S3 event lacks {error}") from error


def _is_file(file: FileVersion) -> bool:
    return file.key.startswith(layout.INCOMING) and not file.is_folder_marker


def _refuse_unversioned(files: Iterable[FileVersion]) -> None:
    keys = [file.key for file in files if _is_file(file) and not file.has_version]
    if keys:
        raise EventError(
            f"{len(keys)} files have no version, the first is {printable(keys[0])}: "
            f"the bucket {os.environ['LANDING_BUCKET']} keeps none, or kept none when they were "
            "dropped. Enable its versioning and drop them again"
        )


def _named(event: Mapping[str, Any]) -> Iterator[FileVersion]:
    """Yield the file versions that a call by hand names."""
    wanted = [(key, "") for key in event.get("keys", [])]
    try:
        wanted += [(file["key"], file["version_id"]) for file in event.get("files", [])]
    except (KeyError, TypeError) as error:
        raise EventError("a file is named by its key and its version_id") from error
    if not wanted:
        raise EventError("a call by hand names its files: {'source': 'manual', 'keys': […]}")
    for key, version_id in wanted:
        versions = [
            file
            for file in _versions(key, only_latest=not version_id)
            if file.key == key and version_id in ("", file.version_id)
        ]
        if not versions:
            raise EventError(f"{key} is not in the landing bucket: look at its name and version")
        yield from versions


def _versions(prefix: str, *, only_latest: bool = False) -> Iterator[FileVersion]:
    """Yield what lies in the landing zone below a prefix, in the order of keys.

    An overwritten version whose event was lost is a file too: it must end somewhere.
    A key that somebody has deleted is left alone, with all its versions.
    """
    bucket, deleted = os.environ["LANDING_BUCKET"], set[str]()
    pages = aws.s3().get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        deleted |= {m["Key"] for m in page.get("DeleteMarkers", ()) if m["IsLatest"]}
        for version in page.get("Versions", ()):
            wanted = version["IsLatest"] or not only_latest
            if wanted and version["Key"] not in deleted:
                yield FileVersion(
                    bucket=bucket,
                    key=version["Key"],
                    version_id=version["VersionId"],
                    etag=version["ETag"].strip('"'),
                    size_bytes=version["Size"],
                )


def _pick_up(files: Iterable[FileVersion], trigger: str, *, now: str | None) -> list[RunRequest]:
    candidates = [file for file in files if _is_file(file) and file.has_version]
    known = datasets()
    return requests(
        [
            (dataset_of(entry.file.key, known), entry)
            for entry in pending(candidates, _claims(candidates), trigger=trigger, now=now)
        ],
        trigger=trigger,
        max_files=int(os.environ["MAX_FILES_PER_RUN"]),
    )


def _claims(files: Iterable[FileVersion]) -> dict[FileVersion, ClaimState]:
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    by_key = {claim_key(file.bucket, file.key, file.version_id): file for file in files}
    return {
        by_key[key]: ClaimState(
            state=claim.state,
            failures=claim.failures,
            retaken=claim.retaken,
            requester=claim.requester,
            interruptions=len(claim.interrupted_runs),
            claimed_at=claim.claimed_at,
            to_be_loaded=claim.verdict is not None and claim.verdict.decision == LOAD,
        )
        for key, claim in Claims(control).with_keys(list(by_key)).items()
    }


def _start_anew(request: RunRequest) -> dict[str, Any]:
    """Start a run for files that wait, although a run of this name may have died unclaimed.

    Such a run could not even claim its files, for instance because the table was away: its name
    is taken for 90 days and nothing else tells the next run apart.
    """
    started = _start(request)
    while started["existed"] and _is_dead(started["execution_arn"]):
        request = request.again()
        started = _start(request)
    return {name: value for name, value in started.items() if name != "existed"}


def _is_dead(execution_arn: str) -> bool:
    found = aws.stepfunctions().describe_execution(executionArn=execution_arn)
    return found["status"] in {"FAILED", "TIMED_OUT", "ABORTED"}


def _start(request: RunRequest) -> dict[str, Any]:
    machine = os.environ["STATE_MACHINE_ARN"]
    run_id = request.run_id
    try:
        answer = aws.stepfunctions().start_execution(
            stateMachineArn=machine,
            name=run_id,
            input=json.dumps(request.as_input(), ensure_ascii=False),
        )
        arn, existed = answer["executionArn"], False
    except ClientError as error:
        if aws.code_of(error) != "ExecutionAlreadyExists":
            raise
        arn, existed = f"{machine.replace(':stateMachine:', ':execution:')}:{run_id}", True
    log.info("started", extra={"run_id": run_id, "files": len(request.files)})
    return {
        "run_id": run_id,
        "execution_arn": arn,
        "dataset": request.dataset,
        "files": len(request.files),
        "existed": existed,
    }
