"""The actions of X-Ray that the local cloud serves.

Source: https://docs.aws.amazon.com/xray/latest/api/API_Operations.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from localcloud.http.wsgi import App, Environ, StartResponse, raw_path, read_body, respond_json
from localcloud.xray.filters import FilterError, compiled
from localcloud.xray.store import SegmentError, Trace, TraceStore

LONGEST_RANGE_SECONDS = 24 * 3600
MOST_TRACES = 5
"""Of one BatchGetTraces."""

Answer = dict[str, Any]


class InvalidRequestError(Exception):
    """AWS would refuse it, too."""


class XRayApi:
    """A WSGI application; what it does not know is left to `others`."""

    def __init__(self, store: TraceStore, others: App) -> None:
        self._store = store
        self._others = others
        self._actions: dict[str, Callable[[Any], Answer]] = {
            "/TraceSegments": self._put_trace_segments,
            "/TraceSummaries": self._get_trace_summaries,
            "/Traces": self._batch_get_traces,
        }

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        action = self._actions.get(raw_path(environ))
        if action is None:
            return self._others(environ, start_response)
        try:
            answer = action(json.loads(read_body(environ) or b"{}"))
        except (InvalidRequestError, FilterError) as refusal:
            document = {"__type": "InvalidRequestException", "Message": str(refusal)}
            return respond_json(start_response, HTTPStatus.BAD_REQUEST, document)
        return respond_json(start_response, HTTPStatus.OK, answer)

    def _put_trace_segments(self, request: Any) -> Answer:
        return {
            "UnprocessedTraceSegments": [
                refused
                for text in request["TraceSegmentDocuments"]
                if (refused := self._put(text)) is not None
            ]
        }

    def _put(self, text: str) -> Answer | None:
        try:
            document = json.loads(text)
            self._store.put(document)
        except SegmentError as error:
            return {"Id": document.get("id"), "ErrorCode": str(error), "Message": "Missing fields"}
        except ValueError:
            return {"ErrorCode": "JSONFormatError", "Message": "The document is no JSON"}
        return None

    def _get_trace_summaries(self, request: Any) -> Answer:
        start, end = float(request["StartTime"]), float(request["EndTime"])
        if not 0 <= end - start <= LONGEST_RANGE_SECONDS:
            raise InvalidRequestError("A time range is at most 24 hours long")
        matches = compiled(request.get("FilterExpression", ""))
        traces = self._store.traces()
        found = [trace for trace in traces if start <= trace.began <= end and matches(trace)]
        return {
            "TraceSummaries": [_summary(trace) for trace in found],
            "TracesProcessedCount": len(traces),
            "ApproximateTime": end,
        }

    def _batch_get_traces(self, request: Any) -> Answer:
        wanted = request["TraceIds"]
        if len(wanted) > MOST_TRACES:
            raise InvalidRequestError(f"At most {MOST_TRACES} traces at once")
        found = self._store.find(wanted)
        return {
            "Traces": [
                {
                    "Id": trace.id,
                    "Duration": trace.seconds,
                    "LimitExceeded": False,
                    "Segments": [
                        {"Id": segment["id"], "Document": json.dumps(segment)}
                        for segment in trace.segments()
                    ],
                }
                for trace in found
            ],
            "UnprocessedTraceIds": sorted(set(wanted) - {trace.id for trace in found}),
        }


def _summary(trace: Trace) -> Answer:
    annotations: dict[str, list[Answer]] = {}
    for name, value in trace.annotations():
        annotations.setdefault(name, []).append({"AnnotationValue": _typed(value)})
    return {
        "Id": trace.id,
        "StartTime": trace.began,
        "Duration": trace.seconds,
        "ResponseTime": trace.seconds,
        "HasFault": trace.has("fault"),
        "HasError": trace.has("error"),
        "HasThrottle": trace.has("throttle"),
        "IsPartial": False,
        "Annotations": annotations,
    }


def _typed(value: str | float | bool) -> Answer:
    if isinstance(value, bool):
        return {"BooleanValue": value}
    return {"StringValue": value} if isinstance(value, str) else {"NumberValue": value}
