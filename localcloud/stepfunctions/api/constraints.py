"""What the API's model says of parameters and SDKs do not check: the words are the service's.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from botocore.model import ListShape, Shape, StructureShape

from localcloud.stepfunctions.query.scope import Json

# Checked elsewhere, where AWS has words of its own for them.
_APART: Final = frozenset({"Name", "SensitiveData", "Definition"})

# A class of characters that Python's regular expressions lack.
_UNKNOWN_PATTERN: Final = r"\p{"


def violations(value: Json, shape: Shape, where: str = "") -> Iterator[str]:
    """The constraints that a value of the right type breaks, in AWS's words."""
    if isinstance(shape, StructureShape):
        for name, item in value.items():
            yield from violations(item, shape.members[name], f"{where}.{name}" if where else name)
        return
    if shape.name not in _APART:
        for broken in _broken(value, shape):
            told = "Value" if shape.metadata.get("sensitive") else f"Value '{value}'"
            yield f"{told} at '{where}' failed to satisfy constraint: Member must {broken}"
    if isinstance(shape, ListShape):
        for number, item in enumerate(value, 1):
            yield from violations(item, shape.member, f"{where}.{number}.member")


def _broken(value: Json, shape: Shape) -> Iterator[str]:
    metadata = shape.metadata
    if metadata.get("enum") and value not in metadata["enum"]:
        yield f"satisfy enum value set: [{', '.join(metadata['enum'])}]"
    pattern = metadata.get("pattern", "")
    if pattern and _UNKNOWN_PATTERN not in pattern and not re.fullmatch(pattern, value):
        yield f"satisfy regular expression pattern: {pattern}"
    most = metadata.get("max")
    if most is None:
        return
    if isinstance(value, (str, list)):
        if len(value) > most:
            yield f"have length less than or equal to {most}"
    elif value > most:
        yield f"have value less than or equal to {most}"
