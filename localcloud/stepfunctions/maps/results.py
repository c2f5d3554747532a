"""What a distributed Map hands on: result files, their manifest, or a list.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from localcloud.stepfunctions.query.json_text import dumps, loads
from localcloud.stepfunctions.query.scope import Json

# The kinds of result files, and the statuses of the child executions that each lists.
FILES: Final = {
    "FAILED": frozenset({"FAILED", "TIMED_OUT", "ABORTED"}),
    "PENDING": frozenset({"PENDING"}),
    "SUCCEEDED": frozenset({"SUCCEEDED"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildResult:
    """How one child execution ended; `input` and `output` are JSON texts, dates epoch seconds.

    A child that never started has the status PENDING and neither ARN nor dates.
    """

    name: str
    status: str
    input: str
    state_machine_arn: str
    arn: str | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    start_date: float | None = None
    stop_date: float | None = None
    redrive_count: int = 0


@dataclass(frozen=True, slots=True)
class ResultFile:
    """An object to be written."""

    key: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFormat:
    """`WriterConfig`: `NONE`, `COMPACT` or `FLATTEN`; `JSON` or `JSONL`."""

    transformation: str = "NONE"
    output_type: str = "JSON"


def iso_date(seconds: float) -> str:
    """A date as the result files write it.

    >>> iso_date(0.25)
    '1970-01-01T00:00:00.250Z'
    """
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def result_files(
    children: Sequence[ChildResult],
    result_format: ResultFormat,
    *,
    bucket: str,
    prefix: str,
    map_run_arn: str,
) -> list[ResultFile]:
    """The files below `prefix`, one for each outcome that occurred, and last `manifest.json`."""
    files: list[ResultFile] = []
    listed: dict[str, list[Json]] = {}
    extension = result_format.output_type.lower()
    for kind, statuses in FILES.items():
        chosen = [child for child in children if child.status in statuses]
        listed[kind] = []
        if chosen:
            body = _body(chosen, result_format, plain=kind == "SUCCEEDED")
            file = ResultFile(f"{prefix}/{kind}_0.{extension}", body)
            files.append(file)
            listed[kind].append({"Key": file.key, "Size": len(file.body)})
    manifest = {"DestinationBucket": bucket, "MapRunArn": map_run_arn, "ResultFiles": listed}
    return [
        *files,
        ResultFile(f"{prefix}/manifest.json", dumps(manifest).encode("utf-8", "replace")),
    ]


def written_result(*, bucket: str, prefix: str, map_run_arn: str) -> Json:
    """The result of a Map state whose results went to files."""
    return {
        "MapRunArn": map_run_arn,
        "ResultWriterDetails": {"Bucket": bucket, "Key": f"{prefix}/manifest.json"},
    }


def listed_result(children: Iterable[ChildResult], result_format: ResultFormat) -> Json:
    """The result of a Map state whose results went nowhere."""
    return _entries(children, result_format.transformation)


def _body(children: Iterable[ChildResult], result_format: ResultFormat, *, plain: bool) -> bytes:
    entries = _entries(children, result_format.transformation if plain else "NONE")
    if result_format.output_type == "JSONL":
        return "".join(dumps(entry) + "\n" for entry in entries).encode("utf-8", "replace")
    return dumps(entries).encode("utf-8", "replace")


def _entries(children: Iterable[ChildResult], transformation: str) -> list[Json]:
    if transformation == "NONE":
        return [describe(child) for child in children]
    outputs = [loads(child.output or "null") for child in children]
    if transformation == "COMPACT":
        return outputs
    flat: list[Json] = []
    for output in outputs:
        flat.extend(output if isinstance(output, list) else [output])
    return flat


def describe(child: ChildResult) -> dict[str, Json]:
    """A child execution with its metadata, as result files list it."""
    entry: dict[str, Json] = {
        "Cause": child.cause,
        "Error": child.error,
        "ExecutionArn": child.arn,
        "Input": child.input,
        "InputDetails": {"Included": True},
        "Name": child.name,
        "Output": child.output,
        "OutputDetails": {"Included": child.output is not None},
        "RedriveCount": child.redrive_count,
        "RedriveStatus": "NOT_REDRIVABLE" if child.status == "SUCCEEDED" else "REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven"
        if child.status == "SUCCEEDED"
        else None,
        "StartDate": None if child.start_date is None else iso_date(child.start_date),
        "StateMachineArn": child.state_machine_arn,
        "Status": child.status,
        "StopDate": None if child.stop_date is None else iso_date(child.stop_date),
    }
    return {key: value for key, value in entry.items() if value is not None}
