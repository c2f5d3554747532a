"""Forget Records: what the control table need not know any longer.

Input:
    `{"days": "365"}`: records of this age that are at rest are forgotten; `"0"`: none are.
Output:
    `{"forgotten": n}`.
Errors:
    TransientError; the next look goes on.

May be stopped and repeated at any point: a run's record goes after those of its parts.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline import timestamps
from pipeline.runs.retention import ATTRIBUTES, is_forgotten
from stores import aws, clock
from stores.control import ControlTable
from stores.loads import Loads

log = logging.getLogger(__name__)
aws.at_init(aws.dynamodb)

DAY_SECONDS = 86_400


@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, int]:
    """Delete the records that are old enough."""
    days = int(event["days"])
    if days == 0:
        return {"forgotten": 0}
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    before = timestamps.later(clock.now(), -days * DAY_SECONDS)
    forgotten = 0
    for item in control.scan(ATTRIBUTES):
        if is_forgotten(item, before):
            for sk in _with_parts(control, item):
                control.delete(item["pk"], sk)
                forgotten += 1
    log.info("forgotten", extra={"records": forgotten, "before": before})
    return {"forgotten": forgotten}


def _with_parts(control: ControlTable, item: Mapping[str, Any]) -> Iterator[str]:
    """Yield the sort keys of what goes with a record, its own last."""
    if item["sk"] == "RUN":
        for part in Loads(control).of_run(item["run_id"]):
            yield Loads.sort_key(part)
    yield item["sk"]
