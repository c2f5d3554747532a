"""The embedded metric format: lines of a log that hold values of metrics.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.cloudwatch.datapoint import Datapoint, Series, Summary

MAX_DIMENSIONS = 30


def datapoints(message: str, *, at: float) -> Iterator[Datapoint]:
    """Yield the values in a line of a log; none, if it is not of that format.

    Values count when they arrive: the time in the document is that of another clock. What lacks
    a value or a dimension that it names is left out, as CloudWatch does.
    """
    if '"_aws"' not in message:
        return
    try:
        document = json.loads(message)
        directives = document["_aws"]["CloudWatchMetrics"]
    except (ValueError, KeyError, TypeError):
        return
    for directive in directives:
        yield from _of_directive(document, directive, at)


def _of_directive(
    document: Mapping[str, Any], directive: Mapping[str, Any], at: float
) -> Iterator[Datapoint]:
    for names in directive.get("Dimensions", [[]]):
        if len(names) > MAX_DIMENSIONS or any(name not in document for name in names):
            continue
        dimensions = {name: str(document[name]) for name in names}
        for metric in directive.get("Metrics", []):
            values = document.get(metric["Name"])
            for value in values if isinstance(values, list) else [values]:
                if isinstance(value, int | float) and not isinstance(value, bool):
                    series = Series.of(directive["Namespace"], metric["Name"], dimensions)
                    unit = metric.get("Unit", "None")
                    yield Datapoint(series, at, Summary.of(float(value)), unit)
