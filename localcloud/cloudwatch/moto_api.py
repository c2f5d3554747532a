"""Moto's CloudWatch and CloudWatch Logs, joined to the metrics that are kept here.

Moto keeps alarms and dashboards; its list of single values, which only grows, and the statistics
that it computes from it (a query without dimensions adds up all of them) are not used. The last
one attached wins.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import (
    InvalidParameterCombination,
    InvalidParameterValue,
    ValidationError,
)
from moto.cloudwatch.models import (
    Alarm,
    CloudWatchBackend,
    MetricAggregatedDatum,
    MetricDatumBase,
    Statistics,
)
from moto.logs.models import LogsBackend

from localcloud.cloudwatch.alarm import UNKNOWN
from localcloud.cloudwatch.datapoint import Datapoint, Series, Summary
from localcloud.cloudwatch.store import MINUTE, MetricStore, rounded_start

_MOST_STATISTICS = 1_440
"""Of one GetMetricStatistics.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hooks:
    """What the API calls: where metrics are kept, and who hears of lines and of states."""

    store: MetricStore
    now: Callable[[], float]
    logged: Callable[[Any, str, list[dict[str, Any]]], None]
    """Called with the backend, the group and the events of each PutLogEvents."""
    changed: Callable[[Alarm, str], None]
    """Called with an alarm that is in another state now, and with the state before."""


_attached: list[Hooks] = []


def attach(hooks: Hooks | None) -> None:
    """Let moto's API go this way; None ends it, and moto keeps for itself what comes later."""
    _attached[:] = [] if hooks is None else [hooks]
    backend: Any = CloudWatchBackend
    if hasattr(backend.put_metric_alarm, "__wrapped__"):
        return
    backend.put_metric_data = _put_metric_data
    backend.get_metric_data = _get_metric_data
    backend.get_metric_statistics = _get_metric_statistics
    backend.get_all_metrics = _get_all_metrics
    backend.put_metric_alarm = _put_metric_alarm(backend.put_metric_alarm)
    backend.set_alarm_state = _set_alarm_state(backend.set_alarm_state)
    logs: Any = LogsBackend
    logs.put_log_events = _put_log_events(logs.put_log_events)


def _put_metric_data(backend: Any, namespace: str, metric_data: list[dict[str, Any]]) -> None:
    for number, datum in enumerate(metric_data, 1):
        backend._validate_parameters_put_metric_data(datum, number)  # noqa: SLF001
    for hooks in _attached:
        hooks.store.add(
            Datapoint(
                _series(namespace, datum),
                _seconds(datum["Timestamp"]) if datum.get("Timestamp") else hooks.now(),
                summary,
                datum.get("Unit", "None"),
            )
            for datum in metric_data
            for summary in _summaries(datum)
        )


def _summaries(datum: Mapping[str, Any]) -> Iterator[Summary]:
    """The values of one member of PutMetricData, in whichever of three forms they come."""
    if values := datum.get("Values"):
        counts = datum.get("Counts") or [1] * len(values)
        for value, times in zip(map(float, values), map(float, counts), strict=True):
            yield Summary(times, value * times, value, value)
    elif stats := datum.get("StatisticValues"):
        names = ("SampleCount", "Sum", "Minimum", "Maximum")
        yield Summary(*(float(stats[name]) for name in names))
    else:
        yield Summary.of(float(datum.get("Value", 0)))


def _get_metric_data(
    _backend: Any,
    queries: list[dict[str, Any]],
    start_time: datetime,
    end_time: datetime,
    scan_by: str = "TimestampAscending",
) -> list[dict[str, Any]]:
    start, end = _seconds(start_time), _seconds(end_time)
    if start >= end:
        raise ValidationError("The parameter EndTime must be greater than StartTime.")
    return [
        _result(query, start, end, newest_first=scan_by == "TimestampDescending")
        for query in queries
        if query.get("ReturnData", True)
    ]


def _result(
    query: Mapping[str, Any], start: float, end: float, *, newest_first: bool
) -> dict[str, Any]:
    if "MetricStat" not in query:
        raise ValidationError("the local cloud computes no expressions over metrics")
    wanted = query["MetricStat"]
    series = _series(wanted["Metric"]["Namespace"], wanted["Metric"])
    found = [
        (at, _statistic(summary, wanted["Stat"]))
        for at, summary in _periods(series, start, end, _checked(int(wanted["Period"])))
    ]
    if newest_first:
        found.reverse()
    return {
        "id": query["Id"],
        "label": query.get("Label") or series.name,
        "timestamps": [at for at, _ in found],
        "values": [value for _, value in found],
        "status_code": "Complete",
    }


def _get_metric_statistics(  # noqa: PLR0917  moto calls it so
    _backend: Any,
    namespace: str,
    metric_name: str,
    start_time: datetime,
    end_time: datetime,
    period: int,
    stats: list[str],
    dimensions: list[dict[str, str]],
    unit: str | None = None,  # noqa: ARG001  a metric has one unit here
) -> list[Statistics]:
    start, end = _seconds(start_time), _seconds(end_time)
    if start >= end:
        raise InvalidParameterValue(
            "The parameter StartTime must be less than the parameter EndTime."
        )
    if (requested := int((end - start) // _checked(period))) > _MOST_STATISTICS:
        raise InvalidParameterCombination(
            f"You have requested up to {requested:,} datapoints, which exceeds the limit of "
            f"{_MOST_STATISTICS:,}. You may reduce the datapoints requested by increasing Period, "
            "or decreasing the time range."
        )
    series = _series(namespace, {"MetricName": metric_name, "Dimensions": dimensions})
    return [
        _statistics(series, at, summary, stats)
        for at, summary in _periods(series, start, end, period)
    ]


def _statistics(series: Series, at: datetime, summary: Summary, stats: list[str]) -> Statistics:
    found = Statistics(stats, at, next(iter(_attached)).store.unit(series))
    found.metric_data = [_datum(series, summary, at)]
    return found


def _get_all_metrics(_backend: Any) -> list[MetricDatumBase]:
    nothing = Summary(0, 0, 0, 0)
    known = [series for hooks in _attached for series in hooks.store.series()]
    return [_datum(series, nothing, datetime.now(UTC)) for series in known]


def _datum(series: Series, summary: Summary, at: datetime) -> MetricAggregatedDatum:
    return MetricAggregatedDatum(
        namespace=series.namespace,
        name=series.name,
        min_stat=summary.least,
        max_stat=summary.most,
        sample_count=summary.count,
        sum_stat=summary.total,
        dimensions=[{"Name": name, "Value": value} for name, value in series.dimensions],
        timestamp=at,
    )


def _put_metric_alarm(original: Any) -> Any:
    @functools.wraps(original)
    def put_metric_alarm(backend: Any, *args: Any, **kwargs: Any) -> Alarm:
        """Keep the state of an alarm that is changed; a new one knows nothing yet."""
        name = kwargs["name"] if "name" in kwargs else args[0]
        before = backend.alarms.get(name)
        alarm: Alarm = original(backend, *args, **kwargs)
        alarm.state_value = before.state_value if before else UNKNOWN
        return alarm

    return put_metric_alarm


def _set_alarm_state(original: Any) -> Any:
    @functools.wraps(original)
    def set_alarm_state(
        backend: Any, alarm_name: str, reason: str, reason_data: str, state_value: str
    ) -> None:
        known = backend.alarms.get(alarm_name)
        before = known.state_value if known else ""
        original(backend, alarm_name, reason, reason_data, state_value)
        if before != state_value:
            for hooks in _attached:
                hooks.changed(backend.alarms[alarm_name], before)

    return set_alarm_state


def _put_log_events(original: Any) -> Any:
    @functools.wraps(original)
    def put_log_events(backend: Any, group: str, stream: str, events: list[dict[str, Any]]) -> Any:
        answer = original(backend, group, stream, events)
        for hooks in _attached:
            hooks.logged(backend, group, events)
        return answer

    return put_log_events


def _periods(
    series: Series, start: float, end: float, period: int
) -> Iterator[tuple[datetime, Summary]]:
    for hooks in _attached:
        first = rounded_start(start, now=hooks.now())
        for at, summary in hooks.store.periods(series, start=first, end=end, period=period):
            yield datetime.fromtimestamp(at, UTC), summary


def _checked(period: int) -> int:
    if period < MINUTE or period % MINUTE:
        raise InvalidParameterValue(
            "The parameter Period must be a multiple of 60: metrics are kept by the minute."
        )
    return period


def _series(namespace: str, metric: Mapping[str, Any]) -> Series:
    dimensions: Iterable[Mapping[str, str]] = metric.get("Dimensions") or ()
    return Series.of(
        namespace, metric["MetricName"], {each["Name"]: each["Value"] for each in dimensions}
    )


def _statistic(summary: Summary, name: str) -> float:
    try:
        return summary.statistic(name)
    except KeyError:
        raise ValidationError(f"the local cloud computes no {name}") from None


def _seconds(moment: datetime | float) -> float:
    """Seconds since the epoch; moto's moments are in UTC, whether they say so or not."""
    if isinstance(moment, int | float):
        return float(moment)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
