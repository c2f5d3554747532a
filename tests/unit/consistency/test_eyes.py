"""Alarms, dashboard and run-book speak of the same things, and of metrics that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.cloudwatch.patterns import compiled
from localcloud.deploy.template_text import read_template
from pipeline.runs import metrics
from pipeline.runs.metrics import EndOfRun
from pipeline.runs.stages import STAGES

ROOT = Path(__file__).parents[3]
RESOURCES: dict[str, Any] = read_template(ROOT / "template.yaml")["Resources"]


def of_type(kind: str) -> dict[str, Any]:
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


ALARMS = of_type("AWS::CloudWatch::Alarm")
FILTERS = of_type("AWS::Logs::MetricFilter")
DASHBOARD = of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
BY_LOOKS = {"OldestRunSeconds", "OldestQuestionSeconds", "ExpiringQuestions", "Sweeps", "PickUps"}


def own_metrics() -> set[str]:
    """The names of all metrics that functions and filters count."""
    marks = {stage: f"2026-07-01T09:30:0{number}Z" for number, stage in enumerate(STAGES)}
    counts = dict.fromkeys(("rows_in", "valid", "rejected", "loaded"), 1)
    run = EndOfRun(run_id="r", dataset="d", status="LOADED", counts=counts, marks=marks)
    document = metrics.of_run("n", "2026-07-01T09:30:09Z", run)
    directives = document["_aws"]["CloudWatchMetrics"]
    of_runs = {metric["Name"] for each in directives for metric in each["Metrics"]}
    filtered = {t["MetricName"] for f in FILTERS.values() for t in f["MetricTransformations"]}
    return of_runs | filtered | BY_LOOKS | {"FilesWaiting"}


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_is_told_says_what_is_the_matter_and_is_in_the_run_book(name: str) -> None:
    alarm = ALARMS[name]
    assert alarm["AlarmActions"] == [{"Ref": "OutcomeTopic"}]
    assert alarm["AlarmDescription"]
    assert alarm["TreatMissingData"] in {"breaching", "notBreaching"}
    assert f"*{name}*" in (ROOT / "docs/operations.md").read_text()
    assert f"${{{name}.Arn}}" in DASHBOARD


def test_alarms_and_dashboard_look_at_metrics_that_there_are() -> None:
    ours = {"Fn::Sub": "Sluice/${AWS::StackName}"}
    watched = {alarm["MetricName"] for alarm in ALARMS.values() if alarm["Namespace"] == ours}
    shown = set(re.findall(r'"(?:\.|Sluice/\$\{AWS::StackName\})", "(\w+)"', DASHBOARD))
    assert watched | shown <= own_metrics()


def test_the_dashboard_is_json() -> None:
    assert json.loads(DASHBOARD)["widgets"]


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_is_understood(name: str) -> None:
    assert compiled(FILTERS[name]["FilterPattern"])
