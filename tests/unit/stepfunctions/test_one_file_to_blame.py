"""The pipeline's own choice after a conversion that failed: whose fault was it?"""

import json
from pathlib import Path

import pytest

from tests.unit.stepfunctions.conftest import ROLE

DEFINITION = json.loads(Path("statemachine/csv_pipeline.asl.json").read_text())
STATE = {"QueryLanguage": "JSONata", **DEFINITION["States"]["One File To Blame?"]}
NAMED = "file 7 (incoming/addresses/b.csv): no reader finds 9 records"


def entry(index, disposition="accepted"):
    return {"file": {"index": index, "key": f"{index}.csv"}, "disposition": disposition}


def decide(lab, problem, *files):
    shown = lab.call(
        "TestState",
        definition=json.dumps(STATE),
        roleArn=ROLE,
        input=json.dumps(problem),
        variables=json.dumps({"files": files}),
        inspectionLevel="DEBUG",
    )
    assert shown["status"] == "SUCCEEDED", shown
    variables = json.loads(shown["inspectionData"].get("variables", "{}"))
    return shown["nextState"], variables.get("files", list(files))


@pytest.mark.parametrize(
    "problem",
    [
        pytest.param(
            {
                "Error": "ReconciliationError",
                "Cause": json.dumps({"errorType": "ReconciliationError", "errorMessage": NAMED}),
            },
            id="by the function",
        ),
        pytest.param(
            {
                "Error": "States.TaskFailed",
                "Cause": json.dumps({"JobRunState": "FAILED", "ErrorMessage": f"Error: {NAMED}"}),
            },
            id="by the job",
        ),
    ],
)
def test_the_file_that_an_error_names_is_set_aside_and_the_others_go_on(lab, problem):
    good, refused = entry(2), entry(3, "refused")
    following, files = decide(lab, problem, good, entry(7), refused)
    assert following == "Plan Conversion"
    reason = {"code": problem["Error"], "message": problem["Cause"]}
    assert files == [good, {**entry(7, "failed"), "reason": reason}, refused]


@pytest.mark.parametrize(
    ("cause", "files"),
    [
        pytest.param("out of memory", [entry(2), entry(7)], id="no file is named"),
        pytest.param(NAMED, [entry(7)], id="there is no other"),
        pytest.param(NAMED, [entry(7), entry(2, "refused")], id="no other was accepted"),
        pytest.param(NAMED, [entry(2), entry(3), entry(7, "failed")], id="it is set aside already"),
    ],
)
def test_otherwise_the_run_fails(lab, cause, files):
    following, unchanged = decide(lab, {"Error": "EngineError", "Cause": cause}, *files)
    assert following == "Record Failure"
    assert unchanged == files


def test_an_error_without_a_cause_is_nobodys_fault(lab):
    following, _ = decide(lab, {"Error": "States.Timeout"}, entry(2), entry(7))
    assert following == "Record Failure"
