"""CloudWatch for the local cloud: metrics are kept, alarms are evaluated and do what they say.

`datapoint` and `store` are the metrics, `embedded` and `patterns` find them in logs, `vended` are
those of the services, `alarm` judges and `watch` does so every minute; `moto_api` joins them to
moto, which keeps alarms, dashboards and filters. Nothing of it outlives the process.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/WhatIsCloudWatch.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

from localcloud.clock import Clock
from localcloud.cloudwatch.datapoint import Datapoint, Series, Summary
from localcloud.cloudwatch.embedded import datapoints
from localcloud.cloudwatch.moto_api import Hooks, attach
from localcloud.cloudwatch.patterns import PatternError, compiled
from localcloud.cloudwatch.store import MINUTE, MetricStore
from localcloud.cloudwatch.vended import Vended
from localcloud.cloudwatch.watch import Watch

log = logging.getLogger(__name__)


class CloudWatch:
    """The running service; from `start` on, alarms are looked at every minute of the clock."""

    def __init__(
        self, *, clock: Clock, account: str, region: str, client: Callable[[str], Any]
    ) -> None:
        """`client` makes boto3 clients, for the topics that alarms tell."""
        self._clock = clock
        self._store = MetricStore()
        self.vended = Vended(self._store.add, now=clock.now, account=account, region=region)
        self._watch = Watch(
            self._store, now=clock.now, client=client, account=account, region=region
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cloudwatch")
        self._pattern = cache(_matcher)
        attach(
            Hooks(
                store=self._store,
                now=clock.now,
                logged=self._logged,
                changed=self._watch.tell,
            )
        )

    def start(self) -> None:
        """Look for the first time in a minute, and then again and again."""
        due = self._clock.now() + MINUTE
        self._clock.call_at(due, partial(self._tick, due))

    def close(self) -> None:
        """Look no more; what is being told is told."""
        attach(None)
        self._thread.shutdown(cancel_futures=True)

    def _tick(self, due: float) -> None:
        """On the clock's thread, where nothing may take long."""
        self._thread.submit(self._look, slept=self._clock.now() - due > MINUTE)
        self.start()

    def _look(self, *, slept: bool) -> None:
        """`slept`: the clock was moved, or the machine was asleep; nobody else worked either."""
        try:
            if slept:
                self._watch.forgive_silence()
            self.vended.queues()
            self._watch.look()
        except Exception:  # the next minute looks again
            log.exception("alarms were not evaluated")

    def _logged(self, backend: Any, group: str, events: list[dict[str, Any]]) -> None:
        """Find the metrics in new lines of a log."""
        now = self._clock.now()
        kept = backend.filters.get_matching_filters(log_group_name=group)
        filters = {each["filterName"]: each for each in kept}  # moto keeps what was replaced, too
        for event in events:
            self._store.add(datapoints(event["message"], at=now))
            for each in filters.values():
                if self._pattern(each["filterPattern"])(event["message"]):
                    self._store.add(map(_counted(now), each["metricTransformations"]))


def _counted(now: float) -> Callable[[dict[str, Any]], Datapoint]:
    def count(transformation: dict[str, Any]) -> Datapoint:
        series = Series.of(transformation["metricNamespace"], transformation["metricName"], {})
        value = float(transformation.get("metricValue", 1))
        return Datapoint(series, now, Summary.of(value), transformation.get("unit", "None"))

    return count


def _matcher(pattern: str) -> Callable[[str], bool]:
    try:
        return compiled(pattern)
    except PatternError as error:
        log.warning("a metric filter counts nothing: %s", error)
        return lambda _message: False
