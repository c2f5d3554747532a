"""States of alarms, judged by values."""

from __future__ import annotations

import pytest

from localcloud.cloudwatch.alarm import ALARM, OK, UNKNOWN, Rule, UnsupportedAlarmError


def rule(*, datapoints: int = 1, missing: str = "missing", sign: str = "Greater") -> Rule:
    return Rule(
        comparison=f"{sign}ThanThreshold",
        threshold=5,
        datapoints_to_alarm=datapoints,
        treat_missing=missing,
    )


@pytest.mark.parametrize(
    ("judge", "values", "state"),
    [
        pytest.param(rule(), [6.0], ALARM, id="a breach"),
        pytest.param(rule(), [5.0], OK, id="the threshold itself is none"),
        pytest.param(rule(datapoints=2), [6.0, 4.0, 6.0], ALARM, id="two of three"),
        pytest.param(rule(datapoints=2), [4.0, 4.0, 6.0], OK, id="one of three is too few"),
        pytest.param(rule(), [None], UNKNOWN, id="nothing is known"),
        pytest.param(rule(missing="breaching"), [None], ALARM, id="silence is a breach"),
        pytest.param(rule(missing="notBreaching"), [None], OK, id="silence is well"),
        pytest.param(rule(missing="ignore"), [None], "before", id="silence changes nothing"),
        pytest.param(rule(missing="breaching"), [], "before", id="too young to be silent"),
        pytest.param(rule(sign="Less"), [4.0], ALARM, id="below"),
        pytest.param(rule(), [None, 4.0], OK, id="what is known decides"),
    ],
)
def test_values_decide(judge: Rule, values: list[float | None], state: str) -> None:
    assert judge.judge(values, before="before") == state


def test_bands_are_not_evaluated() -> None:
    band = Rule(comparison="LessThanLowerThreshold", threshold=0, datapoints_to_alarm=1)
    with pytest.raises(UnsupportedAlarmError):
        band.judge([1.0], before=OK)


def test_the_reason_is_told_in_words() -> None:
    assert rule().reason([6.0], ALARM) == (
        "1 of the last 1 datapoints [6.0] was greater than the threshold (5)"
    )
    assert "treated as breaching" in rule(missing="breaching").reason([None], ALARM)
