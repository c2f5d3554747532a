from typing import Any

import pytest

from localcloud.deploy.errors import DeployError
from localcloud.deploy.parameters import parameter_values


@pytest.mark.parametrize(
    ("rule", "given", "value"),
    [
        pytest.param({"Type": "String", "Default": "a"}, None, "a", id="default"),
        pytest.param({"Type": "Number", "Default": 5}, None, "5", id="numbers stay texts"),
        pytest.param({"Type": "Number", "MaxValue": 5}, "5", "5", id="at the limit"),
        pytest.param({"Type": "String", "AllowedValues": [1, 7]}, "7", "7", id="allowed number"),
        pytest.param({"Type": "String", "Default": "a,b"}, None, "a,b", id="no list"),
        pytest.param({"Type": "CommaDelimitedList"}, "a,b", ["a", "b"], id="list"),
        pytest.param({"Type": "CommaDelimitedList"}, "a", ["a"], id="list of one"),
        pytest.param({"Type": "List<Number>"}, "1,2", ["1", "2"], id="list of numbers"),
    ],
)
def test_values_are_what_cloudformation_makes_of_them(
    rule: dict[str, Any], given: str | None, value: object
) -> None:
    assert parameter_values({"P": rule}, {} if given is None else {"P": given}) == {"P": value}


@pytest.mark.parametrize(
    ("rule", "given", "message"),
    [
        pytest.param({"Type": "String"}, None, "needs a value", id="missing"),
        pytest.param({"Type": "String", "AllowedValues": ["a"]}, "b", "one of", id="not allowed"),
        pytest.param({"Type": "String", "AllowedPattern": "[a-z]+"}, "A", "match", id="pattern"),
        pytest.param({"Type": "Number"}, "many", "a number", id="no number"),
        pytest.param({"Type": "Number", "MinValue": 2}, "1", "out of range", id="too small"),
        pytest.param({"Type": "String", "MinLength": 2}, "a", "length", id="too short"),
    ],
)
def test_forbidden_values_are_refused(
    rule: dict[str, Any], given: str | None, message: str
) -> None:
    with pytest.raises(DeployError, match=message):
        parameter_values({"P": rule}, {} if given is None else {"P": given})


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(DeployError, match="no parameter Typo"):
        parameter_values({"P": {"Type": "String", "Default": ""}}, {"Typo": "x"})
