"""Alarms that moto keeps, looked at every minute; what they do when they change."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudwatch.models import Alarm, cloudwatch_backends

from localcloud.cloudwatch.alarm import ALARM, OK, Rule, UnsupportedAlarmError
from localcloud.cloudwatch.datapoint import Series
from localcloud.cloudwatch.store import MINUTE, MetricStore

log = logging.getLogger(__name__)


class Watch:
    """Judges the alarms of one account and region, and tells topics of changes."""

    def __init__(
        self,
        store: MetricStore,
        *,
        now: Callable[[], float],
        client: Callable[[str], Any],
        account: str,
        region: str,
    ) -> None:
        self._store = store
        self._now = now
        self._client = client
        self._account = account
        self._region = region
        self._known_since: dict[str, float] = {}

    def forgive_silence(self) -> None:
        """Hold no silence before now against anybody."""
        self._known_since.clear()

    def look(self) -> None:
        """Bring every alarm into the state that its metric asks for."""
        backend = cloudwatch_backends[self._account][self._region]
        for alarm in list(backend.alarms.values()):
            if not alarm.metric_name:  # of a computed metric, or of other alarms
                continue
            try:
                self._judge(backend, alarm)
            except UnsupportedAlarmError as error:
                log.warning("alarm %s: %s", alarm.name, error)

    def _judge(self, backend: Any, alarm: Alarm) -> None:
        values = list(self._values(alarm))
        rule = rule_of(alarm)
        state = rule.judge(values, before=alarm.state_value)
        if state != alarm.state_value:
            reason = rule.reason(values, state)
            backend.set_alarm_state(alarm.name, reason, "{}", state)

    def _values(self, alarm: Alarm) -> Iterator[float | None]:
        """The alarm's value in each of its periods, the newest last; the minute under way waits.

        Periods without a value that began before the alarm was first looked at say nothing: the
        local cloud was not there.
        """
        if int(alarm.period) % MINUTE:
            raise UnsupportedAlarmError("metrics are kept by the minute, its period is no multiple")
        now = self._now()
        since = self._known_since.setdefault(alarm.name, now)
        end = now // MINUTE * MINUTE
        dimensions = {str(each.name): str(each.value) for each in alarm.dimensions}
        series = Series.of(alarm.namespace, alarm.metric_name, dimensions)
        for number in reversed(range(int(alarm.evaluation_periods))):
            start = end - (number + 1) * float(alarm.period)
            summary = self._store.summary(series, start=start, end=start + float(alarm.period))
            if summary is not None:
                yield summary.statistic(alarm.statistic)
            elif start >= since:
                yield None

    def tell(self, alarm: Alarm, before: str) -> None:
        """Do what the alarm is to do in its new state: publish to topics."""
        actions = {ALARM: alarm.alarm_actions, OK: alarm.ok_actions}
        wanted = actions.get(alarm.state_value, alarm.insufficient_data_actions)
        if not alarm.actions_enabled:
            return
        for arn in wanted or ():
            if ":sns:" not in arn:
                log.warning("alarm %s: no way to %s", alarm.name, arn)
                continue
            message = json.dumps(self._message(alarm, before))
            subject = f'{alarm.state_value}: "{alarm.name}" in {self._region}'
            try:
                self._client("sns").publish(TopicArn=arn, Subject=subject[:100], Message=message)
            except (ClientError, BotoCoreError) as error:
                log.warning("alarm %s: not told: %s", alarm.name, error)

    def _message(self, alarm: Alarm, before: str) -> dict[str, Any]:
        """What AWS tells a topic.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
        """
        moment = datetime.fromtimestamp(self._now(), UTC)
        return {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.description,
            "AWSAccountId": self._account,
            "NewStateValue": alarm.state_value,
            "NewStateReason": alarm.state_reason,
            "StateChangeTime": moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "Region": self._region,
            "AlarmArn": alarm.alarm_arn,
            "OldStateValue": before,
            "Trigger": {
                "MetricName": alarm.metric_name,
                "Namespace": alarm.namespace,
                "StatisticType": "Statistic",
                "Statistic": alarm.statistic.upper(),
                "Dimensions": [{"name": d.name, "value": d.value} for d in alarm.dimensions],
                "Period": int(alarm.period),
                "EvaluationPeriods": int(alarm.evaluation_periods),
                "ComparisonOperator": alarm.comparison_operator,
                "Threshold": float(alarm.threshold),
                "TreatMissingData": alarm.treat_missing_data or "missing",
            },
        }


def rule_of(alarm: Alarm) -> Rule:
    """Moto's alarm as a value."""
    return Rule(
        comparison=alarm.comparison_operator,
        threshold=float(alarm.threshold),
        datapoints_to_alarm=int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
        treat_missing=alarm.treat_missing_data or "missing",
    )
