"""The state machine, the template and the functions speak of the same things."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "statemachine/csv_pipeline.asl.json").read_text()
DEFINITION: dict[str, Any] = json.loads(TEXT)
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
FUNCTIONS = {
    n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == "AWS::Serverless::Function"
}
PIPELINE = RESOURCES["CsvPipeline"]["Properties"]


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state, those inside Map states too."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


STATES = dict(states(DEFINITION))
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}


def test_every_substitution_is_defined_and_used() -> None:
    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) == set(PIPELINE["DefinitionSubstitutions"])


@pytest.mark.parametrize("name", TASKS)
def test_a_task_says_what_it_is_for_and_cannot_hang(name: str) -> None:
    task = TASKS[name]
    assert task["Comment"]
    assert task["TimeoutSeconds"]
    assert task["Retry"], "a named transient error is retried"
    assert all("States.ALL" not in retrier["ErrorEquals"] for retrier in task["Retry"])


def patience_seconds(retrier: dict[str, Any]) -> float:
    """How long a retrier waits at most, all in all."""
    first, rate = retrier["IntervalSeconds"], retrier["BackoffRate"]
    longest = retrier["MaxDelaySeconds"]
    return sum(min(first * rate**n, longest) for n in range(retrier["MaxAttempts"]))


@pytest.mark.parametrize("name", TASKS)
def test_a_task_outlasts_half_an_hour_of_a_service_and_no_more_than_two(name: str) -> None:
    patient = [r for r in TASKS[name]["Retry"] if "half an hour" in r["Comment"]]
    assert len(patient) == 1
    assert 1800 <= patience_seconds(patient[0]) <= 7200
    costly = [r for r in TASKS[name]["Retry"] if r["Comment"].startswith("The function died")]
    assert all(r["MaxAttempts"] <= 5 for r in costly), "an attempt that runs costs its time"


@pytest.mark.parametrize("name", STATES)
def test_a_state_is_named_as_the_field_does(name: str) -> None:
    assert name == name.title().replace("Csv", "CSV").replace("Json", "JSON")
    assert name.endswith("?") == (STATES[name]["Type"] == "Choice")


@pytest.mark.parametrize(
    "name", [n for n, s in TASKS.items() if ":states:::lambda:" in s["Resource"]]
)
def test_a_state_its_function_and_its_module_share_one_name(name: str) -> None:
    logical = name.replace(" ", "") + "Function"
    assert TASKS[name]["Arguments"]["FunctionName"] == f"${{{logical}}}"
    assert FUNCTIONS[logical]["Handler"] == name.lower().replace(" ", "_") + ".handler"


@pytest.mark.parametrize("logical", FUNCTIONS)
def test_a_function_has_a_module_with_a_handler(logical: str) -> None:
    module, entry = FUNCTIONS[logical]["Handler"].split(".")
    tree = ast.parse((ROOT / "functions" / f"{module}.py").read_text())
    assert entry in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
    assert logical == "".join(w.title() for w in module.split("_")) + "Function"


def environment(logical: str) -> set[str]:
    """What the template gives to a function."""
    shared = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    return {*shared, *FUNCTIONS[logical].get("Environment", {}).get("Variables", {})}


@pytest.mark.parametrize("logical", FUNCTIONS)
def test_a_function_reads_only_variables_that_the_template_sets(logical: str) -> None:
    source = (
        ROOT / "functions" / (FUNCTIONS[logical]["Handler"].split(".")[0] + ".py")
    ).read_text()
    read = set(re.findall(r"environ\[\"(\w+)\"\]", source))
    assert "environ.get(" not in source, "a missing variable is an error, not a default"
    own = {name for name in read if not name.startswith("AWS_")}  # Lambda sets those itself
    assert own <= environment(logical)


def test_every_error_of_ours_that_the_workflow_names_exists() -> None:
    named = {
        e
        for s in STATES.values()
        for c in [*s.get("Retry", []), *s.get("Catch", [])]
        for e in c["ErrorEquals"]
    }
    ours = {error for error in named if "." not in error}
    defined = {
        node.name
        for path in (ROOT / "functions").glob("**/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }
    assert ours <= defined


def test_what_the_machine_invokes_its_role_may_invoke() -> None:
    invoked = {name for name in PIPELINE["DefinitionSubstitutions"] if name.endswith("Function")}
    [policy] = RESOURCES["CsvPipelineRole"]["Properties"]["Policies"]
    [invoke] = [
        s for s in policy["PolicyDocument"]["Statement"] if s["Action"] == "lambda:InvokeFunction"
    ]
    assert {r["Fn::Sub"] for r in invoke["Resource"]} == {f"${{{name}.Arn}}:*" for name in invoked}


def test_an_execution_names_the_versions_that_it_runs() -> None:
    """A deployment changes nothing for runs that are on their way."""
    assert "AutoPublishAlias" in TEMPLATE["Globals"]["Function"]
    for name, value in PIPELINE["DefinitionSubstitutions"].items():
        if name.endswith("Function"):
            assert value == {"Ref": f"{name}.Version"}


def test_no_function_gets_a_parameter_that_could_change_by_itself() -> None:
    """The transform publishes a version when the template changes, not when a parameter does."""
    variables = [
        *TEMPLATE["Globals"]["Function"]["Environment"]["Variables"].values(),
        *(
            v
            for f in FUNCTIONS.values()
            for v in f.get("Environment", {}).get("Variables", {}).values()
        ),
    ]
    named = set(re.findall(r"'Ref': '(\w+)'|\$\{(\w+)\}", repr(variables)))
    assert not {name for pair in named for name in pair} & set(TEMPLATE["Parameters"])


def test_what_cannot_be_delivered_is_kept() -> None:
    for logical, function in FUNCTIONS.items():
        for name, event in function.get("Events", {}).items():
            if event["Type"] != "HttpApi":
                assert "DeadLetterConfig" in event["Properties"], f"{logical}.{name}"


def test_a_table_that_a_contract_names_is_listed_wherever_tables_are() -> None:
    contracts = (ROOT / "functions/contracts").glob("*.json")
    named = {json.loads(path.read_text())["sluice"]["table"] for path in contracts}
    loader = FUNCTIONS["LoadBatchFunction"]
    [write] = [s for s in loader["Policies"][0]["Statement"] if s["Sid"] == "WriteItems"]
    lists = (
        loader["Environment"]["Variables"]["DATASET_TABLES"]["Fn::Sub"],
        TEMPLATE["Outputs"]["DatasetTables"]["Value"]["Fn::Sub"],
    )
    for table in named:
        assert RESOURCES[table]["Type"] == "AWS::DynamoDB::Table"
        assert {"Fn::GetAtt": [table, "Arn"]} in write["Resource"]
        assert all(table in json.loads(text) for text in lists)


def test_no_role_may_put_into_the_landing_zone() -> None:
    """An output can never trigger a run; the door's function signs forms, and puts nothing."""
    for logical, properties in FUNCTIONS.items():
        if logical == "ReceiveUploadFunction":
            [sign] = [s for s in properties["Policies"][0]["Statement"] if "Put" in str(s)]
            place = {"Fn::Sub": "${LandingBucket.Arn}/incoming/*/invited/*"}
            assert (sign["Action"], sign["Resource"]) == ("s3:PutObject", place)
            continue
        for policy in properties.get("Policies", []):
            for statement in policy["Statement"]:
                actions = (
                    statement["Action"]
                    if isinstance(statement["Action"], list)
                    else [statement["Action"]]
                )
                if any(a.startswith("s3:Put") for a in actions):
                    assert "LandingBucket" not in json.dumps(statement["Resource"]), logical


def test_the_record_decides_and_no_callback() -> None:
    """Whoever holds a token can send an answer; the record holds only what somebody decided."""
    before = [name for name, s in STATES.items() if "Approved?" in json.dumps(s)]
    assert before == ["Close Approval"]
    written = [n for n, s in TASKS.items() if "approval" in s.get("Assign", {})]
    assert written == ["Open Run", "Close Approval"]


def test_the_history_is_logged_without_its_data() -> None:
    """The task token stands in the data."""
    assert PIPELINE["Logging"]["IncludeExecutionData"] is False
