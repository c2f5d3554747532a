"""The lines that Lambda itself writes around an invocation, as text or as JSON.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html and
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What the platform measured of one invocation."""

    request_id: str
    version: str
    duration_ms: float
    memory_mb: int
    max_memory_mb: int
    init_ms: float | None = None
    error_type: str | None = None


def iso_time(timestamp_ms: int) -> str:
    """A time as the platform writes it, for example `2026-01-02T03:04:05.678Z`."""
    moment = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{timestamp_ms % 1000:03d}Z"


def status_of(error_type: str | None) -> str:
    """The platform's word for how an invocation ended."""
    if error_type is None:
        return "success"
    return "timeout" if error_type == "Sandbox.Timedout" else "error"


def start_text(measured: Measured) -> str:
    """The START line."""
    return f"START RequestId: {measured.request_id} Version: {measured.version}\n"


def end_text(measured: Measured) -> str:
    """The END line."""
    return f"END RequestId: {measured.request_id}\n"


def report_text(measured: Measured) -> str:
    """The REPORT line."""
    parts = [
        f"REPORT RequestId: {measured.request_id}",
        f"Duration: {measured.duration_ms:.2f} ms",
        f"Billed Duration: {math.ceil(measured.duration_ms)} ms",
        f"Memory Size: {measured.memory_mb} MB",
        f"Max Memory Used: {measured.max_memory_mb} MB",
    ]
    if measured.init_ms is not None:
        parts.append(f"Init Duration: {measured.init_ms:.2f} ms")
    if measured.error_type is not None:
        parts.append(f"Status: {status_of(measured.error_type)}")
        if measured.error_type != "Sandbox.Timedout":
            parts.append(f"Error Type: {measured.error_type}")
    return "\t".join(parts) + "\t\n"


def start_json(measured: Measured, timestamp_ms: int) -> str:
    """The `platform.start` record."""
    return _json(
        "platform.start",
        timestamp_ms,
        {"requestId": measured.request_id, "version": measured.version},
    )


def report_json(measured: Measured, timestamp_ms: int) -> str:
    """The `platform.report` record."""
    metrics: dict[str, float] = {
        "durationMs": round(measured.duration_ms, 3),
        "billedDurationMs": math.ceil(measured.duration_ms),
        "memorySizeMB": measured.memory_mb,
        "maxMemoryUsedMB": measured.max_memory_mb,
    }
    if measured.init_ms is not None:
        metrics["initDurationMs"] = round(measured.init_ms, 3)
    record: dict[str, Any] = {
        "requestId": measured.request_id,
        "metrics": metrics,
        "status": status_of(measured.error_type),
    }
    if measured.error_type is not None and measured.error_type != "Sandbox.Timedout":
        record["errorType"] = measured.error_type
    return _json("platform.report", timestamp_ms, record)


def _json(kind: str, timestamp_ms: int, record: dict[str, Any]) -> str:
    document = {"time": iso_time(timestamp_ms), "type": kind, "record": record}
    return json.dumps(document, separators=(",", ":"))
