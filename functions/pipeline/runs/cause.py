"""Why something failed, in one sentence: the same words in commands, console and mails.

A Cause comes wrapped: Lambda's and Glue's are JSON, a refusal is JSON within that, and whatever
was not foreseen brings its stack along. The sentence is what a person needs; `lines` has it all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from pipeline.runs.settlement import DUPLICATE, FAILED, LOADED

TOLERATED_FAILURES = "States.ExceedToleratedFailureThreshold"
"""The error of a Map whose parts failed: true, and no cause; that is the failed part's own."""
STOPPED_BY_HAND = "StoppedByHand"
"""The error of an execution that an operator has stopped."""

_TOLERATED = "The specified tolerated failure threshold was exceeded"
_A_PART = "a part failed; its own error is the run's"
FULL_DISK = "A disk is full: make room, then run the files once more"
_FULL_DISK = ("No space left on device", "Errno 28", "database or disk is full")
_MESSAGES = ("errorMessage", "ErrorMessage", "message", "Message", "errorType")
_TRACES = ("stackTrace", "stack_trace", "trace")
_TRACEBACK = "Traceback (most recent call last)"
_CUT_SHORT = re.compile(
    r'\s*\{\s*"(?:errorMessage|ErrorMessage)":\s*"((?:[^"\\\x00-\x1f]|\\["\\/bfnrt])*)'
)
"""A document whose end is missing, as records keep the first thousands of characters."""
_REQUEST = re.compile(r"^RequestId: [0-9a-f-]+ (?:Error: )?")
_CLASS = re.compile(r"^(?:[a-z_]\w*\.)+(?=[A-Z]\w*(?::|$))")


def sentence(error: str, cause: str) -> str:
    """Return an error's name with the words of its cause.

    >>> sentence("DynamoDBError", '{"errorMessage": "AccessDenied on T", "stackTrace": ["..."]}')
    'DynamoDBError: AccessDenied on T'
    >>> sentence("States.Timeout", "")
    'States.Timeout'
    """
    words = plain(cause)
    if not words or words.startswith(f"{error}: "):
        return words or error
    return f"{error}: {words}" if error else words


def of_run(*, status: str, error: str, cause: str, reason: str) -> str:
    """Return why a run that has ended did not load: empty if it did.

    A run that failed tells its error; the others tell the reason that was given for them.

    >>> of_run(status="REJECTED", error="RunRejected", cause="", reason="rejected by ada")
    'rejected by ada'
    """
    if status in {LOADED, DUPLICATE}:
        return ""
    if status == FAILED and error:
        return sentence(error, cause)
    return plain(reason) or sentence(error, cause)


def is_full_disk(text: str) -> bool:
    """Tell whether a text tells that a disk has no room left.

    >>> is_full_disk("OSError: [Errno 28] No space left on device: '/tmp/a'")
    True
    """
    return any(words in text for words in _FULL_DISK)


def plain(cause: str) -> str:
    r"""Return what a cause says to a person, in one line and without its stack.

    >>> plain('{"errorMessage": "no such key", "errorType": "KeyError"}')
    'no such key'
    >>> plain('{"JobRunState": "FAILED", "ErrorMessage": "bad manifest"}')
    'bad manifest'
    >>> plain(json.dumps({"errorMessage": json.dumps({"code": "c", "message": "empty"})}))
    'empty'
    >>> plain("Traceback (most recent call last):\n  File x.py\nValueError: no")
    'ValueError: no'
    """
    text = _innermost(cause)
    stated = [line.strip() for line in text.splitlines() if line.strip()]
    if not stated:
        return ""
    told = stated[-1] if text.lstrip().startswith(_TRACEBACK) else stated[0]
    if told.startswith(_TOLERATED):
        return _A_PART
    return _CLASS.sub("", _REQUEST.sub("", told))


def lines(cause: str) -> list[str]:
    r"""Return everything that a cause says, stacks included, line by line.

    >>> lines('{"errorMessage": "no", "stackTrace": ["  File x.py\\n    y()"]}')
    ['no', '  File x.py', '    y()']
    """
    return [*_innermost(cause).splitlines(), *_stack(cause)]


def _innermost(cause: str) -> str:
    """Return the text inside: the first message of each document, as deep as they go."""
    document = document_of(cause)
    if document is None:
        cut = _CUT_SHORT.match(cause)
        return json.loads(f'"{cut[1]}"') if cut else cause
    told = next((document[name] for name in _MESSAGES if document.get(name)), None)
    return cause if told is None else _innermost(str(told))


def _stack(cause: str) -> Iterator[str]:
    document = document_of(cause) or {}
    for name in _TRACES:
        trace = document.get(name) or ()
        for entry in [trace] if isinstance(trace, str) else trace:
            yield from str(entry).splitlines()


def document_of(text: str) -> dict[str, Any] | None:
    """The JSON object that a text is; None for any other text."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
