"""Run files once more: by hand where they lie in the landing zone, else by a new drop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pipeline.layout import split_uri
from pipeline.runs import cause
from sluice.runs.run import RunFile
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError, OperatorError

_INCOMING = "incoming/"


def is_key(text: str) -> bool:
    """Whether a text names an object of the landing zone rather than a run."""
    return text.startswith(_INCOMING)


def start_by_hand(cloud: Cloud, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Let Start Runs take the latest versions of these keys: what it started, one per run.

    Raises:
        NotFoundError: no key is there that a run could take.
        OperatorError: Start Runs refused.
    """
    started = ask_start_runs(cloud, keys=list(keys))
    if not started:
        raise NotFoundError(
            f"no run may take {', '.join(keys)}: another run has it, or it failed three times"
        )
    return started


def ask_start_runs(cloud: Cloud, **named: Sequence[object]) -> list[dict[str, Any]]:
    """Call Start Runs by hand with the files that are named: what it started, maybe nothing.

    Raises:
        OperatorError: it refused.
    """
    answer = cloud.functions.invoke(
        FunctionName=cloud.stack.start_runs_function,
        Payload=json.dumps({"source": "manual", **named}).encode(),
    )
    document = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise OperatorError(f"Start Runs refused: {cause.plain(json.dumps(document))}")
    started: list[dict[str, Any]] = document["started"]
    return started


def drop_again(cloud: Cloud, file: RunFile) -> dict[str, Any]:
    """Copy an archived or quarantined file back to where it was dropped, as a new version.

    Raises:
        NotFoundError: the run's record does not say where the file is.
    """
    if file.destination_uri is None:
        raise NotFoundError(f"nobody wrote down where {file.key} went")
    bucket, key = split_uri(file.destination_uri)
    target = cloud.stack.landing_bucket
    cloud.s3.copy({"Bucket": bucket, "Key": key}, target, file.key)
    return {"key": file.key}
