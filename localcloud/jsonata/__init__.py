"""JSONata 2.0.6: `compile(text)` once, `evaluate(…)` many times and from many threads.

Source: https://docs.jsonata.org
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from localcloud.jsonata.calling import Native
from localcloud.jsonata.compiler import compile_node
from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.library import LIBRARY
from localcloud.jsonata.parser import parse
from localcloud.jsonata.running import Bounds, Frame, Run, too_deep
from localcloud.jsonata.shaping import shape
from localcloud.jsonata.syntax import Node
from localcloud.jsonata.values import UNDEFINED, Function, Sequence, Value

__all__ = [
    "UNDEFINED",
    "Bounds",
    "Compiled",
    "Function",
    "JsonataError",
    "Native",
    "Node",
    "Value",
    "compile",
]

_DEFAULT_BOUNDS: Final = Bounds()
# What Python raises where values leave its bounds; an expression fails by it like by any other.
_OUT_OF_BOUNDS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Compiled:
    """An expression ready to be evaluated; `tree` is what it was compiled from."""

    __slots__ = ("_evaluate", "tree")

    def __init__(self, tree: Node) -> None:
        self.tree = tree
        self._evaluate = compile_node(tree)

    def evaluate(
        self,
        document: Value = UNDEFINED,
        variables: Mapping[str, Value] | None = None,
        functions: Mapping[str, Value] = LIBRARY,
        bounds: Bounds = _DEFAULT_BOUNDS,
    ) -> Value:
        """The value for a document; `UNDEFINED` when the expression finds nothing.

        Raises:
            JsonataError: it failed, or took longer or went deeper than `bounds` allow.
        """
        run = Run(bounds)
        frame = Frame(None, run, functions)
        frame = frame.inner({**(variables or {}), "$": document})
        if isinstance(document, list):
            document = Sequence([document], wraps_input=True)
        try:
            return self._evaluate(document, frame)
        except RecursionError:
            raise too_deep() from None
        except _OUT_OF_BOUNDS as error:
            raise JsonataError("U1002", message="The expression cannot be evaluated") from error


def compile(text: str) -> Compiled:  # noqa: A001 - what `re.compile` is to its language
    """The expression that a text is.

    Raises:
        JsonataError: `S…`, it is none.
    """
    try:
        return Compiled(shape(parse(text)))
    except RecursionError:
        raise too_deep() from None
