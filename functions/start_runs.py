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
from pipeline.runs.identity import FileVersion, RunRequest, dataset_of
from pipeline.runs.landing import is_left_alone, patterns_of
from pipeline.runs.metrics import Figures
from pipeline.runs.pickup import drops, pending, requests
from stores import aws
from stores.claims import Claims
from stores.control import ControlTable
from stores.eyes import Eyes
from stores.landing import Landing
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
    match event.get("source"):
        case "sluice.schedule":
            return _start_waiting(event)
        case "manual":
            return _start_named(event)
    raise EventError(f"no run can be started from an event of source {event.get('source')!r}")


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
    file = FileVersion.from_event(event)
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
    outbox = Outbox(aws.sns(), os.environ["OUTCOME_TOPIC_ARN"], _control())
    outbox.tell_astray(files[0].bucket, [file.key for file in files], known)


def _unclaimed(announced: Iterable[FileVersion]) -> list[FileVersion]:
    """Return the files that no run has ever claimed; what failed is left to the schedule."""
    files = [file for file in announced if file.may_run]
    claimed = Claims(_control()).of(files)
    return [file for file in files if file not in claimed]


def _start_waiting(event: Mapping[str, Any]) -> dict[str, Any]:
    """Start runs for what lies in the landing zone and no run takes care of."""
    patterns = patterns_of(event.get("left_alone", ""))
    lying = _landing().versions(layout.INCOMING)
    files = [file for file in lying if not is_left_alone(file.key, patterns)]
    wanted = _pick_up(files, "schedule", now=event.get("at"))
    waiting = sum(len(request.files) for request in wanted)
    counted = {"PickUps": 1, "FilesWaiting": waiting}
    Eyes(os.environ["METRICS_NAMESPACE"]).seen(Figures(values=counted, unit="Count"))
    started = [_start_anew(request) for request in wanted[:RUNS_PER_LOOK]]
    _refuse_unversioned(files)
    return {"started": started, "ignored": []}


def _start_named(event: Mapping[str, Any]) -> dict[str, Any]:
    """Start runs for the files that a call by hand names."""
    files = list(_named(event))
    wanted = _pick_up(files, "manual", now=None)
    taken = {file for request in wanted for file in request.files}
    ignored = [file.key for file in files if file not in taken]
    for key in ignored:
        log.info("ignored", extra={"key": key})
    started = [_start_anew(request) for request in wanted]
    _refuse_unversioned(files)
    return {"started": started, "ignored": ignored}


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
        versions = _landing().named(key, version_id)
        if not versions:
            raise EventError(f"{key} is not in the landing bucket: look at its name and version")
        yield from versions


def _pick_up(files: Iterable[FileVersion], trigger: str, *, now: str | None) -> list[RunRequest]:
    candidates = [file for file in files if file.may_run and file.has_version]
    claims, known = Claims(_control()).of(candidates), datasets()
    return requests(
        [
            (dataset_of(entry.file.key, known), entry)
            for entry in pending(candidates, claims, trigger=trigger, now=now)
        ],
        trigger=trigger,
        max_files=int(os.environ["MAX_FILES_PER_RUN"]),
    )


def _refuse_unversioned(files: Iterable[FileVersion]) -> None:
    keys = [file.key for file in files if file.may_run and not file.has_version]
    if keys:
        raise EventError(
            f"{len(keys)} files have no version, the first is {printable(keys[0])}: "
            f"the bucket {os.environ['LANDING_BUCKET']} keeps none, or kept none when they were "
            "dropped. Enable its versioning and drop them again"
        )


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


def _landing() -> Landing:
    return Landing(aws.s3(), os.environ["LANDING_BUCKET"])


def _control() -> ControlTable:
    return ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
