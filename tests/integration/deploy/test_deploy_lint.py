import json
from pathlib import Path

import pytest

from localcloud.deploy.lint import lint_template, main

MACHINE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Call",
    "States": {
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": "${Name}"},
            "TimeoutSeconds": "{% $states.input.seconds %}",
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}
TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machine.asl.json
      DefinitionSubstitutions: { Name: some-function }
      Policies:
        - Version: "2012-10-17"
          Statement: [{ Effect: Allow, Action: "lambda:InvokeFunction", Resource: "*" }]
"""


def write(folder: Path, template: str, machine: object) -> Path:
    (folder / "machine.asl.json").write_text(json.dumps(machine))
    (folder / "template.yaml").write_text(template)
    return folder / "template.yaml"


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def test_a_sound_template_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, TEMPLATE, MACHINE)
    assert main([str(path)]) == 0
    assert capsys.readouterr().out == ""


def test_what_the_transform_hides_is_found(tmp_path: Path) -> None:
    broken = json.loads(json.dumps(MACHINE))
    del broken["States"]["Done"]["Type"]
    template = TEMPLATE.replace("lambda:InvokeFunction", "lambda:InvokeFuncton")
    findings = "\n".join(lint_template(write(tmp_path, template, broken)))
    assert "invokefuncton" in findings.lower()
    assert "States/Done" in findings


def test_a_template_that_cannot_be_translated_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, TEMPLATE.replace("machine.asl.json", "nowhere.json"), MACHINE)
    assert main([str(path)]) == 1
    assert "nowhere.json" in capsys.readouterr().out
