"""`Retry` and `Catch`."""

from __future__ import annotations

from typing import Final

from localcloud.stepfunctions.definition.compiling import Compiler
from localcloud.stepfunctions.definition.fields import Fields
from localcloud.stepfunctions.definition.model import Catcher, JitterStrategy, Retrier
from localcloud.stepfunctions.query.jsonata_flow import JsonataCatchFlow
from localcloud.stepfunctions.query.jsonpath_flow import JsonPathCatchFlow

MOST_SECONDS: Final = 99_999_999
MOST_ATTEMPTS: Final = 99_999_999
MOST_DELAY_SECONDS: Final = 31_622_400  # 366 days

_RETRIER: Final = frozenset(
    {
        "BackoffRate",
        "Comment",
        "ErrorEquals",
        "IntervalSeconds",
        "JitterStrategy",
        "MaxAttempts",
        "MaxDelaySeconds",
    }
)
_CATCHER: Final = frozenset(["Comment", "ErrorEquals", "Next", "Assign"])
_CATCHER_JSONPATH: Final = _CATCHER | {"ResultPath"}
_CATCHER_JSONATA: Final = _CATCHER | {"Output"}


def parse_retriers(state: Fields) -> tuple[Retrier, ...]:
    """The elements of `Retry`."""
    elements = list(state.elements("Retry"))
    names = _error_names(elements)
    return tuple(_retrier(element, errors) for element, errors in zip(elements, names, strict=True))


def _retrier(element: Fields, errors: tuple[str, ...]) -> Retrier:
    element.allow(_RETRIER)
    interval = element.integer("IntervalSeconds", 1, MOST_SECONDS)
    attempts = element.integer("MaxAttempts", 0, MOST_ATTEMPTS)
    rate = element.number("BackoffRate", 1.0, float("inf"))
    longest = element.integer("MaxDelaySeconds", 1, MOST_DELAY_SECONDS)
    if longest is not None and longest <= (interval or 1):
        element.error("MaxDelaySeconds must be greater than IntervalSeconds", "MaxDelaySeconds")
    jitter = element.choice("JitterStrategy", [*JitterStrategy])
    return Retrier(
        error_equals=errors,
        interval_seconds=1 if interval is None else interval,
        max_attempts=3 if attempts is None else attempts,
        backoff_rate=2.0 if rate is None else rate,
        max_delay_seconds=longest,
        jitter=JitterStrategy(jitter or "NONE"),
    )


def parse_catchers(state: Compiler) -> tuple[Catcher, ...]:
    """The elements of `Catch`."""
    elements = list(state.fields.elements("Catch"))
    names = _error_names(elements)
    return tuple(
        _catcher(state.within(element, f"Catch[{index}]"), errors)
        for index, (element, errors) in enumerate(zip(elements, names, strict=True))
    )


def _catcher(element: Compiler, errors: tuple[str, ...]) -> Catcher:
    fields = element.fields
    fields.require("Next")
    fields.allow(_CATCHER_JSONATA if element.jsonata else _CATCHER_JSONPATH)
    assign = element.assignment()
    return Catcher(
        error_equals=errors,
        next=fields.text("Next") or "",
        flow=JsonataCatchFlow(output=element.payload("Output"), assign=assign)
        if element.jsonata
        else JsonPathCatchFlow(result_path=element.result_path(), assign=assign),
    )


def _error_names(elements: list[Fields]) -> list[tuple[str, ...]]:
    names = []
    for position, element in enumerate(elements, 1):
        element.require("ErrorEquals")
        errors = element.texts("ErrorEquals")
        if "ErrorEquals" in element and not errors:
            element.error("ErrorEquals must not be empty", "ErrorEquals")
        if "States.ALL" in errors and (len(errors) > 1 or position < len(elements)):
            element.error(
                "States.ALL can only appear in the last element, and by itself.", "ErrorEquals"
            )
        names.append(errors)
    return names
