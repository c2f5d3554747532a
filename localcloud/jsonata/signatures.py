"""What arguments a function takes: `<s-nn?:s>`.

Source: https://docs.jsonata.org/embedding-extending#function-signature-syntax
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.values import UNDEFINED, Function, Value

_ANY: Final = "[asnblfom]"
_SYMBOLS: Final = {
    **{symbol: f"[{symbol}m]" for symbol in "snblo"},
    "a": _ANY,
    "f": "f",
    "j": "[asnblom]",
    "x": _ANY,
}
_PLURALS: Final = {
    "a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects",
    "s": "strings",
}  # fmt: skip


@dataclass(slots=True)
class _Parameter:
    type: str
    pattern: str
    element: str = ""
    context: str = ""  # what the context item must be to stand in


def symbol(value: Value) -> str:
    """One letter for the type of an argument."""
    match value:
        case str():
            return "s"
        case bool():
            return "b"
        case int() | float():
            return "n"
        case list():
            return "a"
        case None:
            return "l"
        case dict():
            return "o"
        case Function():
            return "f"
    return "m"


@dataclass(frozen=True, slots=True)
class Signature:
    """Parameters, and one pattern for the letters of all arguments."""

    parameters: tuple[_Parameter, ...]
    pattern: re.Pattern[str]

    @staticmethod
    @lru_cache(maxsize=512)
    def parse(text: str) -> Signature:
        """The signature between `<` and `>`.

        Raises:
            JsonataError: `S0401` or `S0402`.
        """
        parameters = _parameters(text)
        pattern = "".join(f"({parameter.pattern})" for parameter in parameters)
        return Signature(tuple(parameters), re.compile(pattern))

    def arguments(self, given: list[Value], context: Value) -> list[Value]:
        """The arguments to call with: missing ones from the context, single ones as arrays.

        Raises:
            JsonataError: `T0410`, `T0411` or `T0412`, naming the argument that does not fit.
        """
        supplied = "".join(map(symbol, given))
        fitting = self.pattern.fullmatch(supplied)
        if fitting is None:
            raise self._misfit(supplied)
        placed: list[Value] = []
        taken = 0
        for parameter, part in zip(self.parameters, fitting.groups(), strict=True):
            if not part and parameter.context:
                if not re.match(parameter.context, symbol(context)):
                    raise JsonataError("T0411", index=taken + 1)
                placed.append(context)
                continue
            for letter in part or " ":
                value = given[taken] if taken < len(given) else UNDEFINED
                if parameter.type == "a" and part:
                    value = _as_array(parameter, part, letter, value, taken + 1)
                placed.append(value)
                taken += 1
        return placed

    def _misfit(self, supplied: str) -> JsonataError:
        pattern, fitting = "", 0
        for parameter in self.parameters:
            pattern += parameter.pattern
            found = re.match(pattern, supplied)
            if found is None:
                break
            fitting = found.end()
        return JsonataError("T0410", index=fitting + 1)


def _as_array(parameter: _Parameter, part: str, letter: str, value: Value, index: int) -> Value:
    if letter == "m":
        return UNDEFINED
    wanted = parameter.element
    if wanted and letter == "a":
        kinds = set(map(symbol, value))
        fits = not kinds or kinds == {wanted[0]}
    else:
        fits = not wanted or part == wanted
    if not fits:
        raise JsonataError("T0412", index=index, type=_PLURALS.get(wanted))
    return value if letter == "a" else [value]


def _parameters(text: str) -> list[_Parameter]:
    parameters: list[_Parameter] = []
    at = 1
    while at < len(text) and text[at] != ":":
        char = text[at]
        if char in _SYMBOLS:
            parameters.append(_Parameter(char, _SYMBOLS[char]))
        elif char == "(":
            end = _closing(text, at, "(", ")")
            choice = text[at + 1 : end]
            if "<" in choice:
                raise JsonataError("S0402")
            parameters.append(_Parameter(f"({choice})", f"[{choice}m]"))
            at = end
        elif char == "<":
            if not parameters or parameters[-1].type not in {"a", "f"}:
                raise JsonataError("S0401")
            end = _closing(text, at, "<", ">")
            parameters[-1].element = text[at + 1 : end]
            at = end
        elif char == "-" and parameters:
            parameters[-1].context = parameters[-1].pattern
            parameters[-1].pattern += "?"
        elif char in "?+" and parameters:
            parameters[-1].pattern += char
        at += 1
    return parameters


def _closing(text: str, at: int, opening: str, closing: str) -> int:
    depth = 1
    while at < len(text) - 1 and depth:
        at += 1
        depth += (text[at] == opening) - (text[at] == closing)
    return at
