"""The examples in the docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

from localcloud import jsonata

MODULES = [module.name for module in pkgutil.iter_modules(jsonata.__path__, "localcloud.jsonata.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
