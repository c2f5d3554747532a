"""ResultWriter: puts the results of a distributed Map into S3, or formats them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.stepfunctions.definition.model import MapState
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.map_run import MapRun
from localcloud.stepfunctions.maps.results import (
    ChildResult,
    ResultFile,
    ResultFormat,
    listed_result,
    result_files,
    written_result,
)
from localcloud.stepfunctions.query.scope import Json
from localcloud.stepfunctions.visit import Visit


async def collect_results(visit: Visit[MapState], map_run: MapRun) -> Json:
    """The children's outputs in order, or where they have been written.

    Raises:
        StatesError: `States.ResultWriterFailed`.
    """
    children = _children(map_run)
    map_run.results_written = len(children)  # AWS counts so, whether or not they go anywhere
    writer = visit.state.result_writer
    if writer is None:
        return listed_result(children, ResultFormat(transformation="COMPACT"))
    form = ResultFormat(transformation=writer.transformation, output_type=writer.output_type)
    if writer.resource is None:
        return listed_result(children, form)
    target = writer.arguments(visit.scope)
    bucket = target["Bucket"]
    prefix = "/".join(part for part in (target.get("Prefix", "").strip("/"), str(uuid4())) if part)
    place = {"bucket": bucket, "prefix": prefix, "map_run_arn": map_run.arn}
    files = result_files(children, form, **place)
    runtime = visit.runtime
    await runtime.workers.submit(lambda: _write(runtime.client("s3"), bucket, files))
    return written_result(**place)


def _children(map_run: MapRun) -> list[ChildResult]:
    return [
        ChildResult(
            name=child.name,
            status=str(child.status),
            input=child.input_text,
            state_machine_arn=child.state_machine_arn,
            arn=child.arn,
            output=child.output,
            error=child.error,
            cause=child.cause,
            start_date=child.started_at,
            stop_date=child.stopped_at,
            redrive_count=child.redrive_count,
        )
        for child in map_run.executions()
    ]


def _write(s3: Any, bucket: str, files: list[ResultFile]) -> None:
    try:
        for file in files:
            s3.put_object(Bucket=bucket, Key=file.key, Body=file.body)
    except (ClientError, BotoCoreError) as error:
        raise StatesError("States.ResultWriterFailed", str(error)) from error
