"""Alarms over time: which periods count, and what silence means."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws
from moto.cloudwatch.models import Alarm, cloudwatch_backends

from localcloud.cloudwatch.datapoint import Datapoint, Series, Summary
from localcloud.cloudwatch.store import MINUTE, MetricStore
from localcloud.cloudwatch.watch import Watch

ACCOUNT, REGION = "123456789012", "us-east-1"


class Sky:
    """A watch over one alarm, and a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.store = MetricStore()
        self.watch = Watch(
            self.store,
            now=lambda: self.now,
            client=lambda service: pytest.fail(f"nobody asked for {service}"),
            account=ACCOUNT,
            region=REGION,
        )

    def alarm(self, missing: str, *, periods: int = 1, period: int = 300) -> Alarm:
        return cloudwatch_backends[ACCOUNT][REGION].put_metric_alarm(
            name="a",
            namespace="n",
            metric_name="m",
            comparison_operator="LessThanThreshold",
            evaluation_periods=periods,
            period=period,
            threshold=1,
            statistic="Sum",
            description="",
            dimensions=[],
            alarm_actions=[],
            treat_missing_data=missing,
        )

    def count(self, value: float) -> None:
        self.store.add([Datapoint(Series("n", "m"), self.now, Summary.of(value))])

    def look_for(self, minutes: int) -> None:
        for _ in range(minutes):
            self.now += MINUTE
            self.watch.look()


@pytest.fixture
def sky() -> Iterator[Sky]:
    with mock_aws():
        yield Sky()


def test_silence_counts_from_the_first_look_on(sky: Sky) -> None:
    alarm = sky.alarm("breaching")
    before = alarm.state_value
    sky.look_for(4)
    assert alarm.state_value == before
    sky.look_for(3)
    assert alarm.state_value == "ALARM"


def test_who_speaks_in_time_is_well(sky: Sky) -> None:
    alarm = sky.alarm("breaching")
    for _ in range(5):
        sky.look_for(3)
        sky.count(1)
    sky.look_for(1)
    assert alarm.state_value == "OK"


def test_silence_is_forgiven(sky: Sky) -> None:
    alarm = sky.alarm("breaching")
    sky.count(1)
    sky.look_for(1)
    sky.now += 10_000
    sky.watch.forgive_silence()
    sky.watch.look()
    assert alarm.state_value == "OK"


def test_a_value_counts_for_as_long_as_its_period(sky: Sky) -> None:
    alarm = sky.alarm("notBreaching")
    sky.count(0.5)
    sky.look_for(1)
    assert alarm.state_value == "ALARM"
    sky.look_for(6)
    assert alarm.state_value == "OK"


def test_a_period_below_a_minute_is_not_judged(sky: Sky, caplog: pytest.LogCaptureFixture) -> None:
    alarm = sky.alarm("notBreaching", period=10)
    before = alarm.state_value
    sky.count(0.5)
    sky.look_for(1)
    assert alarm.state_value == before
    assert "by the minute" in caplog.text
