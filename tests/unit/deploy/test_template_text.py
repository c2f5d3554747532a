import json
from typing import Any

import pytest

from localcloud.deploy.errors import DeployError
from localcloud.deploy.template_text import parse_template


def value_of(text: str) -> Any:
    template = parse_template(f"Resources: {{}}\nMetadata: {{v: {text}}}", name="it")
    return template["Metadata"]["v"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("!Ref A", {"Ref": "A"}, id="Ref has no prefix"),
        pytest.param("!Condition A", {"Condition": "A"}, id="nor has Condition"),
        pytest.param('!Sub "${A}"', {"Fn::Sub": "${A}"}, id="a text"),
        pytest.param("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}, id="an attribute of a path"),
        pytest.param("!GetAtt [A, B]", {"Fn::GetAtt": ["A", "B"]}, id="an attribute as a list"),
        pytest.param(
            "!If [C, !Ref A, [!Ref B]]",
            {"Fn::If": ["C", {"Ref": "A"}, [{"Ref": "B"}]]},
            id="short forms inside of short forms",
        ),
        pytest.param(
            "!Transform {Name: N, Parameters: {P: [1]}}",
            {"Fn::Transform": {"Name": "N", "Parameters": {"P": [1]}}},
            id="a mapping",
        ),
        pytest.param("2012-10-17", "2012-10-17", id="the version of a policy is a text"),
    ],
)
def test_short_forms_are_spelled_out(text: str, value: Any) -> None:
    assert value_of(text) == value


def test_json_is_yaml() -> None:
    assert parse_template('{"Resources": {"A": {"Type": "T"}}}', name="it")["Resources"] == {
        "A": {"Type": "T"}
    }


def test_characters_beyond_sixteen_bits_survive_json() -> None:
    text = json.dumps({"Resources": {}, "Description": "\N{ROCKET}"})
    assert parse_template(text, name="it")["Description"] == "\N{ROCKET}"


def test_a_flow_mapping_is_no_json_and_read_as_yaml() -> None:
    assert (
        value_of("!Ref A")
        == parse_template("{Resources: {}, Metadata: {v: !Ref A}}", name="it")["Metadata"]["v"]
    )


@pytest.mark.parametrize("text", ["a: [", "just words", "Outputs: {}", ""])
def test_what_is_no_template_is_named(text: str) -> None:
    with pytest.raises(DeployError, match=r"it\.yaml"):
        parse_template(text, name="it.yaml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("Resources: []", "Resources of it is no mapping", id="a list of resources"),
        pytest.param("Resources:", "Resources of it is no mapping", id="nothing"),
        pytest.param("Resources: {A: 1}", "A in Resources of it is no mapping", id="a number"),
        pytest.param("Resources: {A: {}}", "A in Resources of it has no Type", id="no type"),
        pytest.param(
            "Resources: {A: {Type: 3}}", "A in Resources of it has no Type", id="a type of 3"
        ),
        pytest.param(
            "Resources: {A: {Type: T, Properties: [1]}}",
            "Properties of A in Resources of it are no mapping",
            id="a list of properties",
        ),
        pytest.param(
            "{Resources: {}, Parameters: [1]}",
            "Parameters of it is no mapping",
            id="a list of parameters",
        ),
        pytest.param(
            "{Resources: {}, Parameters: {P: {}}}",
            "P in Parameters of it has no Type",
            id="a parameter without a type",
        ),
        pytest.param("{Resources: {}, Outputs: 3}", "Outputs of it is no mapping", id="outputs"),
    ],
)
def test_what_has_not_the_form_of_a_template_is_named(text: str, told: str) -> None:
    with pytest.raises(DeployError) as refused:
        parse_template(text, name="it")
    assert str(refused.value) == told
