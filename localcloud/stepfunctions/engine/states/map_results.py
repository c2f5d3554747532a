"""ResultWriter: writes the results of a distributed Map, or formats them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from localcloud.stepfunctions.definition.model import MapState
from localcloud.stepfunctions.engine.map_run import MapRun
from localcloud.stepfunctions.engine.visit import Visit
from localcloud.stepfunctions.maps.results import (
    ChildResult,
    ResultFormat,
    listed_result,
    result_files,
    written_result,
)
from localcloud.stepfunctions.query.scope import Json


async def collect_results(visit: Visit[MapState], map_run: MapRun[Any]) -> Json:
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
    await runtime.workers.submit(lambda: runtime.storage.write(bucket, files))
    return written_result(**place)


def _children(map_run: MapRun[Any]) -> list[ChildResult]:
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
