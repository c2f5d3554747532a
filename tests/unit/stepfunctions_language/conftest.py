"""Scopes and small state machines for the language tests."""

import json

import pytest

from localcloud.stepfunctions.definition import InvalidDefinitionError, parse
from localcloud.stepfunctions.query.scope import Scope


@pytest.fixture
def scope():
    """Make the scope of a state from its input, the context object and variables."""

    def make(value=None, context=None, **variables):
        return Scope(value, value, context or {}, variables)

    return make


@pytest.fixture
def machine():
    """Parse a machine from its states; the first one starts."""

    def make(states, **members):
        definition = {"StartAt": next(iter(states)), "States": states, **members}
        return parse(json.dumps(definition))

    return make


@pytest.fixture
def only_state(machine):
    """Parse a machine of one state and return that state."""

    def make(state, **members):
        return machine({"State": state}, **members).workflow.states["State"]

    return make


@pytest.fixture
def refusals():
    """The errors of a machine, each as (code, location, message)."""

    def find(states, **members):
        definition = {"StartAt": next(iter(states), ""), "States": states, **members}
        try:
            parse(json.dumps(definition))
        except InvalidDefinitionError as error:
            return [(each.code, each.location, each.message) for each in error.diagnostics]
        return []

    return find
