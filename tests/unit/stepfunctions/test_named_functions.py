"""The functions that a definition names, wherever its states lie."""

from __future__ import annotations

import itertools
import json
from typing import Any

from localcloud.stepfunctions.definition.named_functions import named_functions

ARN = "arn:aws:lambda:us-east-1:123456789012:function:read"
INVOKE = "arn:aws:states:::lambda:invoke"


def task(resource: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, **more}


def workflow(**states: dict[str, Any]) -> dict[str, Any]:
    """States that follow one another as they stand."""
    for state, following in itertools.pairwise(states):
        states[state].setdefault("Next", following)
    return {"StartAt": next(iter(states)), "States": states}


def test_functions_are_named_by_arn_by_argument_and_by_parameter_at_any_depth() -> None:
    ask = task(f"{INVOKE}.waitForTaskToken", Parameters={"FunctionName": "ask"})
    judge = task(INVOKE, Arguments={"FunctionName": "judge", "Payload": {"FunctionName": "no"}})
    definition = workflow(
        Read=task(ARN),
        Each={"Type": "Map", "ItemProcessor": workflow(Judge=judge)},
        Old={"Type": "Map", "Iterator": workflow(Again=judge)},
        Both={"Type": "Parallel", "Branches": [workflow(Ask=ask), workflow(Read=task(ARN))]},
    )
    assert named_functions(json.dumps(definition)) == (ARN, "judge", "ask")


def test_what_is_computed_or_no_function_is_not_named() -> None:
    definition = workflow(
        Computed=task(INVOKE, Arguments={"FunctionName": "{% $name %}"}),
        Taken=task(INVOKE, Parameters={"FunctionName.$": "$.name"}),
        All=task(INVOKE, Arguments="{% $arguments %}"),
        Other=task("arn:aws:states:::sqs:sendMessage", Arguments={"FunctionName": "no"}),
        Said={"Type": "Pass", "Result": task(ARN)},
    )
    assert named_functions(json.dumps(definition)) == ()


def test_the_way_of_first_rules_comes_first_and_what_only_a_catch_leads_to_never() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Explain"}]
    definition = workflow(
        Explain=task(INVOKE, Arguments={"FunctionName": "explain"}),
        Ask=task(INVOKE, Arguments={"FunctionName": "ask"}, Next="Load"),
        Judge=task(INVOKE, Arguments={"FunctionName": "judge"}, Catch=catch, Next="Good?"),
        Load=task(INVOKE, Arguments={"FunctionName": "load"}, End=True, Next=None),
    )
    definition["States"]["Good?"] = {
        "Type": "Choice",
        "Choices": [{"Next": "Load"}, {"Next": "Ask"}],
        "Default": "Judge",
    }
    definition["StartAt"] = "Judge"
    assert named_functions(json.dumps(definition)) == ("judge", "load", "ask")
