"""Payload templates: what `.$` makes dynamic, and what stays as it is."""

import pytest

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.templates import (
    Constant,
    TemplateSyntaxError,
    compile_template,
)


def test_only_fields_with_the_suffix_are_evaluated(scope):
    template = {
        "constant": "$.a",
        "path.$": "$.a",
        "context.$": "$$.Execution.Id",
        "variable.$": "$v.b[0]",
        "function.$": "States.Format('<{}>', $.a)",
        "inner": {"deep": [{"path.$": "$.a"}, "$.a", None, 1.5]},
    }
    found = compile_template(template)(scope({"a": 1}, {"Execution": {"Id": "x"}}, v={"b": [2]}))
    assert found == {
        "constant": "$.a",
        "path": 1,
        "context": "x",
        "variable": 2,
        "function": "<1>",
        "inner": {"deep": [{"path": 1}, "$.a", None, 1.5]},
    }
    assert list(found) == ["constant", "path", "context", "variable", "function", "inner"]


def test_a_template_without_dynamic_fields_costs_nothing():
    template = {"a": [1, {"b": None}]}
    compiled = compile_template(template)
    assert isinstance(compiled, Constant)
    assert compiled.value is template


def test_a_path_that_leads_nowhere_names_path_field_and_input(scope):
    with pytest.raises(EvaluationError) as caught:
        compile_template({"deep": {"value.$": "$.no"}})(scope({"a": 0}))
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        "The JSONPath '$.no' specified for the field 'value.$'"
        " could not be found in the input '{\"a\":0}'"
    )


@pytest.mark.parametrize("value", ["plain", "States.Nope()", "$.a[", 1, None, {}])
def test_a_dynamic_field_must_hold_a_path_or_a_function(value):
    with pytest.raises(TemplateSyntaxError) as caught:
        compile_template({"list": [{"x.$": value}]})
    assert str(caught.value) == (
        "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call"
    )


def test_a_path_is_not_followed_into_null(scope):
    with pytest.raises(EvaluationError) as caught:
        compile_template({"value.$": "$"})(scope(None))
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == "Unable to apply Path transformation to null or empty input."
