"""Warnings about definitions that are valid but hardly meant so."""

from __future__ import annotations

from typing import Final

from localcloud.stepfunctions.definition.fields import Fields
from localcloud.stepfunctions.definition.model import QueryLanguage
from localcloud.stepfunctions.query.scope import Json

_TEMPLATES: Final = ("Parameters", "ResultSelector", "ItemSelector")
_DYNAMIC: Final = ("$.", "$$.", "States.")


def warn_about(fields: Fields, language: QueryLanguage) -> None:
    """Report paths and functions where JSONPath states take them for plain text."""
    if language is QueryLanguage.JSONATA:
        return
    for name in _TEMPLATES:
        _look_for_paths(fields, fields.value.get(name), fields.at(name))
    if fields.value.get("Type") == "Pass" and _mentions_path(fields.value.get("Result")):
        fields.report.warn(
            "The Result of a Pass state is static; a path in it is not evaluated",
            fields.at("Result"),
            "PASS_RESULT_IS_STATIC",
        )


def _look_for_paths(fields: Fields, value: Json, location: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not key.endswith(".$") and isinstance(item, str) and item.startswith(_DYNAMIC):
                fields.report.warn(
                    f"The field '{key}' looks like a path or function, but its name lacks '.$'",
                    f"{location}/{key}",
                    "NO_DOLLAR",
                )
            _look_for_paths(fields, item, f"{location}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _look_for_paths(fields, item, f"{location}[{index}]")


def _mentions_path(value: Json) -> bool:
    if isinstance(value, dict):
        return any(key.endswith(".$") or _mentions_path(item) for key, item in value.items())
    if isinstance(value, list):
        return any(map(_mentions_path, value))
    return False
