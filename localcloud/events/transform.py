"""What a target receives: the event, a part of it, a constant, or a template filled from it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from localcloud.events.event import Event

Target = Mapping[str, Any]

_STEP = re.compile(r"""\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+)\]|\[['"](?P<quoted>[^'"]+)['"]\]""")
_PIECE = re.compile(r'(?P<variable><[\w.\-]+>)|(?P<escaped>\\.)|(?P<quote>")|(?P<text>[^<\\"]+|<)')
_MISSING = object()


def target_input(target: Target, event: Event, *, rule_arn: str, ingested_at: str) -> str:
    """The text that is sent to a target of a rule for this event."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        part = select(target["InputPath"], event)
        return json.dumps(None if part is _MISSING else part)
    if transformer := target.get("InputTransformer"):
        reserved = {
            "aws.events.rule-arn": rule_arn,
            "aws.events.rule-name": rule_arn.rpartition("/")[2],
            "aws.events.event.ingestion-time": ingested_at,
            "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
            "aws.events.event.json": event,
        }
        chosen = {
            name: select(path, event) for name, path in transformer.get("InputPathsMap", {}).items()
        }
        return fill(transformer["InputTemplate"], reserved | chosen)
    return json.dumps(event)


def select(path: str, event: Event) -> Any:
    """The part of an event at a path such as `$.detail.object.key` or `$.resources[0]`."""
    found: Any = event
    for step in _STEP.finditer(path.removeprefix("$")):
        index = step["index"]
        try:
            found = found[int(index)] if index else found[step["name"] or step["quoted"]]
        except (KeyError, IndexError, TypeError):
            return _MISSING
    return found


def fill(template: str, values: Mapping[str, Any]) -> str:
    """A template with each `<name>` replaced: bare by its JSON, inside a JSON string by its text.

    What the event lacks is replaced by nothing within a string and by an empty string elsewhere.

    >>> fill('{"who": <name>, "what": "<name> came"}', {"name": "Ann"})
    '{"who": "Ann", "what": "Ann came"}'
    """
    pieces, quoted = [], False
    for piece in _PIECE.finditer(template):
        text = piece[0]
        if piece["quote"]:
            quoted = not quoted
        elif piece["variable"] and text[1:-1] in values:
            value = values[text[1:-1]]
            text = _inside_string(value) if quoted else _bare(value)
        pieces.append(text)
    return "".join(pieces)


def _bare(value: Any) -> str:
    return '""' if value is _MISSING else json.dumps(value)


def _inside_string(value: Any) -> str:
    if value is _MISSING:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text)[1:-1]
