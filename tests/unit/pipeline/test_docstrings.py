"""The examples in the docstrings of the pipeline are true."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import conversion
import pipeline

MODULES = [
    module.name
    for package in (conversion, pipeline)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0
