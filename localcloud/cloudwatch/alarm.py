"""What state an alarm is in, judged by its values: pure.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

OK, ALARM, UNKNOWN = "OK", "ALARM", "INSUFFICIENT_DATA"

_BREACHES: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


class UnsupportedAlarmError(ValueError):
    """An alarm that is not evaluated here: on a band of anomalies, on a computed metric."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """When an alarm is raised: at `datapoints_to_alarm` breaches among the periods looked at."""

    comparison: str
    threshold: float
    datapoints_to_alarm: int
    treat_missing: str = "missing"

    def breaches(self, value: float) -> bool:
        """Whether a value is on the wrong side.

        Raises:
            UnsupportedAlarmError: the comparison is with a band.
        """
        if self.comparison not in _BREACHES:
            raise UnsupportedAlarmError(f"{self.comparison} is not evaluated here")
        return _BREACHES[self.comparison](value, self.threshold)

    def judge(self, values: Sequence[float | None], *, before: str) -> str:
        """The state after these periods, the newest last; None is a period without a value.

        >>> rule = Rule(comparison="GreaterThanThreshold", threshold=0, datapoints_to_alarm=1)
        >>> rule.judge([0.0, 2.0], before=OK), rule.judge([None], before=OK)
        ('ALARM', 'INSUFFICIENT_DATA')
        """
        breaches = [self.breaches(value) for value in values if value is not None]
        missing = len(values) - len(breaches)
        breaches += (
            [self.treat_missing == "breaching"]
            * missing
            * (self.treat_missing in {"breaching", "notBreaching"})
        )
        if sum(breaches) >= self.datapoints_to_alarm:
            return ALARM
        if breaches:
            return OK
        return UNKNOWN if self.treat_missing == "missing" and values else before

    def reason(self, values: Sequence[float | None], state: str) -> str:
        """Why it is in that state, in words like AWS's."""
        known = [value for value in values if value is not None]
        if not known:
            return f"{len(values)} datapoints were not received, treated as {self.treat_missing}"
        relation = "was" if state == ALARM else "was not"
        sign = self.comparison.removesuffix("Threshold").removesuffix("To")
        return (
            f"{len(known)} of the last {len(values)} datapoints {known} {relation} "
            f"{_words(sign)} the threshold ({self.threshold:g})"
        )


def _words(name: str) -> str:
    r"""Words of a name in camel case.

    >>> _words("GreaterThanOrEqual")
    'greater than or equal'
    """
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
