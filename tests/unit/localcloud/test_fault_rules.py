import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.faults.requests import split_batch
from localcloud.faults.rules import Call, InvalidRuleError, Plan, Rule
from localcloud.http.operations import operation_of


def call(
    service: str = "dynamodb", operation: str = "PutItem", text: str = "", *, function: bool = True
) -> Call:
    return Call(service=service, operation=operation, text=text, from_function=function)


def plan(*rules: Mapping[str, Any], seed: int = 0) -> Plan:
    plan = Plan()
    plan.replace([Rule.parse(rule) for rule in rules], seed=seed)
    return plan


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="no action"),
        pytest.param({"service": "s3"}, id="still no action"),
        pytest.param({"error": "throttle", "lose_reply": True}, id="two actions"),
        pytest.param({"error": "throttle", "when": "now"}, id="an unknown member"),
    ],
)
def test_a_rule_needs_one_action_and_known_members(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidRuleError):
        Rule.parse(document)


@pytest.mark.parametrize(
    ("scope", "matches"),
    [
        pytest.param({}, True, id="everything"),
        pytest.param({"service": "dynamodb"}, True, id="service"),
        pytest.param({"service": "s3"}, False, id="another service"),
        pytest.param({"operation": "PutItem"}, True, id="operation"),
        pytest.param({"operation": "GetItem"}, False, id="another operation"),
        pytest.param({"resource": "control"}, True, id="resource"),
        pytest.param({"resource": "other"}, False, id="another resource"),
        pytest.param({"caller": "function"}, False, id="only functions"),
    ],
)
def test_a_rule_looks_at_service_operation_resource_and_caller(
    scope: dict[str, str], *, matches: bool
) -> None:
    fault = plan({"error": "throttle", **scope}).for_call(
        call(text="the control table", function=False)
    )
    assert (fault is not None) is matches


def test_skip_lets_pass_and_count_ends() -> None:
    rules = plan({"error": "throttle", "skip": 2, "count": 3})
    hits = [rules.for_call(call()) is not None for _ in range(8)]
    assert hits == [False, False, True, True, True, False, False, False]
    assert [entry["operation"] for entry in rules.log()] == ["PutItem"] * 3


def test_the_seed_decides_and_nothing_else() -> None:
    def hits(seed: int, *, noise: bool) -> list[bool]:
        rules = plan({"operation": "PutItem", "error": "fault", "probability": 0.4}, seed=seed)
        found = []
        for _ in range(50):
            if noise:
                rules.for_call(call(operation="GetItem"))
            found.append(rules.for_call(call()) is not None)
        return found

    assert hits(1, noise=False) == hits(1, noise=True)
    assert hits(1, noise=False) != hits(2, noise=False)
    assert 10 < sum(hits(1, noise=False)) < 30


def test_rules_about_events_leave_requests_alone() -> None:
    rules = plan({"drop_events": "s3", "resource": "incoming/lost.csv"})
    assert rules.for_call(call(service="s3", text="incoming/lost.csv")) is None
    assert rules.for_event(source="aws.s3", text="incoming/other.csv") is None
    assert rules.for_event(source="aws.states", text="incoming/lost.csv") is None
    assert rules.for_event(source="aws.s3", text="incoming/lost.csv") is not None


@given(st.dictionaries(st.sampled_from("abc"), st.lists(st.integers(), min_size=1), min_size=1),
       st.integers())  # fmt: skip
def test_a_split_batch_is_whole_again_and_both_parts_have_something(
    asked: dict[str, list[int]], seed: int
) -> None:
    done, held = split_batch(asked, random.Random(seed))  # noqa: S311  repeatable
    together = {
        table: sorted(done.get(table, []) + held.get(table, [])) for table in done.keys() | held
    }
    assert together == {table: sorted(writes) for table, writes in asked.items()}
    assert held
    assert bool(done) is (sum(map(len, asked.values())) > 1)


@pytest.mark.parametrize(
    ("service", "method", "uri", "operation"),
    [
        ("s3", "PUT", "/b/k", "PutObject"),
        ("s3", "PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart"),
        ("s3", "POST", "/b/k?uploads", "CreateMultipartUpload"),
        ("s3", "POST", "/b/k?uploadId=u", "CompleteMultipartUpload"),
        ("s3", "GET", "/b?list-type=2&prefix=x", "ListObjectsV2"),
        ("s3", "GET", "/b?versions", "ListObjectVersions"),
        ("s3", "DELETE", "/b/k?versionId=v", "DeleteObject"),
        ("s3", "HEAD", "/b/k", "HeadObject"),
        ("lambda", "POST", "/2015-03-31/functions/arn%3Aaws%3Af/invocations", "Invoke"),
        ("lambda", "GET", "/2015-03-31/functions/f", "GetFunction"),
        ("lambda", "GET", "/2015-03-31/functions/", "ListFunctions"),
        ("scheduler", "POST", "/schedules/s", "CreateSchedule"),
        ("nonsense", "GET", "/", ""),
    ],
)
def test_operations_are_named_by_path_and_query(
    service: str, method: str, uri: str, operation: str
) -> None:
    environ = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": uri,
        "QUERY_STRING": uri.partition("?")[2],
    }
    assert operation_of(service, environ) == operation
