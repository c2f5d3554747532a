"""The examples in the docstrings of the language are true."""

import doctest
import importlib
import pkgutil

import pytest

from localcloud.stepfunctions import definition, maps, query

MODULES = [
    module.name
    for package in (definition, maps, query)
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
