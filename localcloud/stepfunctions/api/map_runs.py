"""Map runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from localcloud.stepfunctions.api.errors import resource_missing
from localcloud.stepfunctions.api.execution_views import find_execution
from localcloud.stepfunctions.api.names import check_arn
from localcloud.stepfunctions.api.paging import page
from localcloud.stepfunctions.engine.execution import Execution
from localcloud.stepfunctions.engine.map_run import MapRun
from localcloud.stepfunctions.world import World

Params = Mapping[str, Any]


def describe(runtime: World, params: Params) -> dict[str, Any]:
    """DescribeMapRun."""
    map_run = _find(runtime, params["mapRunArn"])
    optional = {"stopDate": map_run.stopped_at, "redriveDate": map_run.redriven_at}
    return {
        "mapRunArn": map_run.arn,
        "executionArn": map_run.parent.arn,
        "status": str(map_run.status),
        "startDate": map_run.started_at,
        "maxConcurrency": map_run.max_concurrency,
        "toleratedFailurePercentage": float(map_run.tolerance.percentage or 0),
        "toleratedFailureCount": map_run.tolerance.count or 0,
        "itemCounts": map_run.counts(of_items=True),
        "executionCounts": map_run.counts(of_items=False),
        "redriveCount": map_run.redrive_count,
        **{name: value for name, value in optional.items() if value is not None},
    }


def update(runtime: World, params: Params) -> dict[str, Any]:
    """UpdateMapRun: changes what a map run under way may do."""
    _find(runtime, params["mapRunArn"]).update(
        max_concurrency=params.get("maxConcurrency"),
        count=params.get("toleratedFailureCount"),
        percentage=params.get("toleratedFailurePercentage"),
    )
    return {}


def list_(runtime: World, params: Params) -> dict[str, Any]:
    """ListMapRuns of an execution."""
    parent = find_execution(runtime, params["executionArn"])
    map_runs = [run for run in runtime.map_runs.values() if run.parent is parent]
    shown, following = page(map_runs, params)
    rows = [
        {
            "executionArn": parent.arn,
            "mapRunArn": run.arn,
            "stateMachineArn": run.state_machine_arn,
            "startDate": run.started_at,
            **({} if run.stopped_at is None else {"stopDate": run.stopped_at}),
        }
        for run in shown
    ]
    return {"mapRuns": rows, **following}


def _find(runtime: World, arn: str) -> MapRun[Execution]:
    map_run = runtime.map_runs.get(check_arn(arn, "mapRun"))
    if map_run is None:
        raise resource_missing(arn)
    return map_run


ACTIONS: Final = {"DescribeMapRun": describe, "UpdateMapRun": update, "ListMapRuns": list_}
