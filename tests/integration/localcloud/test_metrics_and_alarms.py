"""From a value to a message: metrics by API and by log, alarms, topics."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.localcloud.world import World

MINUTE = 60


def alarm_of(world: World, namespace: str, **more: Any) -> tuple[str, str]:
    """A new alarm on values above zero; its name, and the queue that hears of it."""
    url, queue_arn = world.queue()
    topics = world.client("sns")
    topic = topics.create_topic(Name=world.name("t"))["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    name = world.name("alarm")
    rule = {
        "AlarmName": name,
        "AlarmDescription": "what to do",
        "Namespace": namespace,
        "MetricName": "m",
        "Statistic": "Sum",
        "Period": MINUTE,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [topic],
    }
    world.client("cloudwatch").put_metric_alarm(**{**rule, **more})
    return name, url


def state_of(world: World, name: str) -> str:
    [found] = world.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(found["StateValue"])


def told(world: World, url: str) -> dict[str, Any]:
    [message] = world.messages(url, 1)
    notification = json.loads(message["Body"])
    return {"Subject": notification["Subject"], **json.loads(notification["Message"])}


def test_a_value_above_the_threshold_is_told(world: World) -> None:
    namespace = world.name("n")
    name, url = alarm_of(world, namespace)
    assert state_of(world, name) == "INSUFFICIENT_DATA"
    world.client("cloudwatch").put_metric_data(
        Namespace=namespace, MetricData=[{"MetricName": "m", "Value": 3}]
    )
    world.endpoint.clock.advance(MINUTE)
    message = told(world, url)
    assert message["Subject"].startswith(f'ALARM: "{name}"')
    assert (message["NewStateValue"], message["AlarmDescription"]) == ("ALARM", "what to do")
    assert message["Trigger"]["MetricName"] == "m"
    assert state_of(world, name) == "ALARM"


def test_a_state_that_is_set_by_hand_is_told(world: World) -> None:
    name, url = alarm_of(world, world.name("n"))
    world.client("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue="ALARM", StateReason="a test of the mail"
    )
    assert told(world, url)["NewStateReason"] == "a test of the mail"


def test_an_alarm_that_is_put_again_keeps_its_state(world: World) -> None:
    namespace = world.name("n")
    name, _ = alarm_of(world, namespace)
    alarms = world.client("cloudwatch")
    alarms.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="well")
    alarm_of(world, namespace, AlarmName=name)
    assert state_of(world, name) == "OK"


def statistics(world: World, namespace: str, **dimensions: str) -> list[dict[str, Any]]:
    now = datetime.fromtimestamp(world.endpoint.clock.now(), UTC)
    found: list[dict[str, Any]] = world.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName="m",
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=600,
        Statistics=["Sum", "Maximum"],
    )["Datapoints"]
    return found


def write(world: World, group: str, *lines: str) -> None:
    logs = world.client("logs")
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now_ms = int(datetime.now(UTC).timestamp() * 1_000)
    events = [{"timestamp": now_ms, "message": line} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


def test_lines_of_a_log_are_metrics(world: World) -> None:
    namespace, group = world.name("n"), world.name("g")
    world.client("logs").create_log_group(logGroupName=group)
    directive = {"Namespace": namespace, "Dimensions": [[], ["D"]], "Metrics": [{"Name": "m"}]}
    line = {"_aws": {"Timestamp": 0, "CloudWatchMetrics": [directive]}, "D": "d", "m": 2}
    write(world, group, json.dumps(line), json.dumps(line | {"D": "e", "m": 5}), "a plain line")
    for dimensions, total in ({}, 7), ({"D": "d"}, 2), ({"D": "e"}, 5):
        [found] = statistics(world, namespace, **dimensions)
        assert found["Sum"] == total


def test_a_filter_counts_lines_once_however_often_it_is_put(world: World) -> None:
    namespace, group = world.name("n"), world.name("g")
    logs = world.client("logs")
    logs.create_log_group(logGroupName=group)
    for _ in range(2):
        logs.put_metric_filter(
            logGroupName=group,
            filterName="f",
            filterPattern='{ $.level = "ERROR" }',
            metricTransformations=[
                {"metricNamespace": namespace, "metricName": "m", "metricValue": "1"}
            ],
        )
    write(world, group, '{"level": "ERROR"}', '{"level": "INFO"}')
    [found] = statistics(world, namespace)
    assert found["Sum"] == 1


def sums(
    world: World, namespace: str, start: datetime, end: datetime
) -> list[tuple[datetime, float]]:
    """The sum of each minute that has values, as GetMetricData tells them."""
    metric = {"Namespace": namespace, "MetricName": "m"}
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": MINUTE, "Stat": "Sum"}}
    [result] = world.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=start, EndTime=end, ScanBy="TimestampAscending"
    )["MetricDataResults"]
    return list(zip(result["Timestamps"], result["Values"], strict=True))


def single_sums(
    world: World, namespace: str, start: datetime, end: datetime, period: int = MINUTE
) -> list[tuple[datetime, float]]:
    """The same as GetMetricStatistics tells it."""
    found = world.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName="m",
        StartTime=start,
        EndTime=end,
        Period=period,
        Statistics=["Sum"],
    )["Datapoints"]
    return sorted((each["Timestamp"], each["Sum"]) for each in found)


DECADES_AGO = datetime(1990, 1, 1, tzinfo=UTC)


def test_a_start_within_a_minute_counts_each_value_once(world: World) -> None:
    namespace = world.name("n")
    minute = datetime.fromtimestamp(world.endpoint.clock.now() // MINUTE * MINUTE, UTC)
    moments = [minute - timedelta(minutes=age) for age in (2, 1, 0)]
    each = list(zip(moments, (5, 3, 1), strict=True))
    values = [{"MetricName": "m", "Value": value, "Timestamp": at} for at, value in each]
    world.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=values)
    end = minute + timedelta(minutes=1)
    for start in moments[0], moments[0] + timedelta(seconds=37):
        assert sums(world, namespace, start, end) == each
        assert single_sums(world, namespace, start, end) == each
    assert sums(world, namespace, DECADES_AGO, end) == each


def test_questions_that_are_too_fine_are_refused(world: World) -> None:
    end = datetime.fromtimestamp(world.endpoint.clock.now(), UTC)
    with pytest.raises(ClientError, match="exceeds the limit of 1,440"):
        single_sums(world, world.name("n"), DECADES_AGO, end)
    with pytest.raises(ClientError, match="multiple of 60"):
        single_sums(world, world.name("n"), end - timedelta(minutes=5), end, period=10)


def test_queries_give_values_by_period(world: World) -> None:
    namespace = world.name("n")
    alarms = world.client("cloudwatch")
    datum = {"MetricName": "m", "Values": [1, 4], "Counts": [2, 1]}
    alarms.put_metric_data(Namespace=namespace, MetricData=[datum])
    now = datetime.fromtimestamp(world.endpoint.clock.now(), UTC)
    metric = {"Namespace": namespace, "MetricName": "m"}
    queries = [
        {"Id": stat.lower(), "MetricStat": {"Metric": metric, "Period": 600, "Stat": stat}}
        for stat in ("Sum", "SampleCount", "Average", "Minimum", "Maximum")
    ]
    results = alarms.get_metric_data(
        MetricDataQueries=queries,
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
    )["MetricDataResults"]
    assert {result["Id"]: result["Values"] for result in results} == {
        "sum": [6],
        "samplecount": [3],
        "average": [2],
        "minimum": [1],
        "maximum": [4],
    }
    [listed] = alarms.list_metrics(Namespace=namespace)["Metrics"]
    assert listed["MetricName"] == "m"
