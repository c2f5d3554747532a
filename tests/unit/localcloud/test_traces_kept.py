"""Traces: what is kept of whom, and how it is found."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.xray.filters import FilterError, compiled
from localcloud.xray.store import SegmentError, TraceStore

Document = dict[str, Any]


def segment(trace_id: str = "t", **members: Any) -> Document:
    return {
        "id": "s",
        "trace_id": trace_id,
        "name": "f",
        "start_time": 1.0,
        "end_time": 3.0,
        **members,
    }


def subsegment(id: str, parent_id: str, **members: Any) -> Document:  # noqa: A002 - its name
    return segment(type="subsegment", id=id, parent_id=parent_id, **members)


def test_parts_that_were_sent_apart_are_put_where_they_belong() -> None:
    store = TraceStore()
    store.expect("t")
    store.hear(subsegment("b", "a", end_time=4.5))
    store.hear(subsegment("a", "s"))
    store.put(segment())
    [trace] = store.find(["t", "unknown"])
    [whole] = trace.segments()
    [outer] = whole["subsegments"]
    [inner] = outer["subsegments"]
    assert (whole["id"], outer["id"], inner["id"]) == ("s", "a", "b")
    assert (trace.began, trace.seconds) == (1.0, 3.5)


def test_nobody_can_put_parts_into_traces_that_were_not_begun() -> None:
    store = TraceStore()
    store.hear(segment())
    assert store.traces() == []


def test_the_oldest_traces_go() -> None:
    store = TraceStore(kept_traces=2)
    for trace_id in "abc":
        store.put(segment(trace_id))
    assert [trace.id for trace in store.traces()] == ["b", "c"]


def test_what_is_no_segment_is_refused() -> None:
    with pytest.raises(SegmentError):
        TraceStore().put({"id": "s"})


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        pytest.param("", True, id="no filter"),
        pytest.param('annotation.run_id = "r1"', True, id="an annotation"),
        pytest.param('annotation[run_id] = "r1"', True, id="in brackets"),
        pytest.param('annotation.run_id = "r2"', False, id="another value"),
        pytest.param('annotation.run_id = "r1" AND annotation.rows = "3"', True, id="two"),
        pytest.param('annotation.run_id = "r1" AND annotation.rows = "4"', False, id="one of two"),
    ],
)
def test_traces_are_found_by_annotations(expression: str, *, found: bool) -> None:
    store = TraceStore()
    store.put(segment(annotations={"run_id": "r1", "rows": 3}))
    [trace] = store.traces()
    assert compiled(expression)(trace) is found


@pytest.mark.parametrize("expression", ["responsetime > 5", 'annotation.a = "b" OR fault'])
def test_other_filters_are_refused(expression: str) -> None:
    with pytest.raises(FilterError):
        compiled(expression)


def test_documents_can_be_told_again() -> None:
    store = TraceStore()
    store.put(segment())
    [trace] = store.traces()
    assert json.loads(json.dumps(trace.segments())) == [segment()]
