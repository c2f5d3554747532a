"""Notify Outcome: one honest message for a run that has ended.

Input:
    `{run}`; the facts come from the run's record.
Output:
    `{"message_id"}`, the empty text if the message went out before.
Errors:
    EventError (the run has not ended), TransientError.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pipeline.errors import EventError
from stores import aws, traces
from stores.control import ControlTable
from stores.outbox import Outbox
from stores.runs import Runs

aws.at_init(aws.dynamodb, aws.sns)


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, str]:
    """Tell whoever subscribed to the topic."""
    run_id = event["run"]["run_id"]
    control = ControlTable(aws.dynamodb(), os.environ["CONTROL_TABLE"])
    record = Runs(control).get(run_id)
    if record is None or not record.ended:
        raise EventError(f"{run_id} has no terminal record, so there is nothing to tell")
    outbox = Outbox(aws.sns(), os.environ["OUTCOME_TOPIC_ARN"], control)
    return {"message_id": outbox.tell_outcome(record)}
