"""Functions as values, and how they are applied."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.running import Frame
from localcloud.jsonata.signatures import Signature
from localcloud.jsonata.values import UNDEFINED, Evaluator, Function, Value


class Native(Function):
    """A function written in Python; missing arguments are `UNDEFINED`.

    Those with `wants_frame` take the caller's frame first. `arity` counts what has no default,
    as in the reference implementation.
    """

    __slots__ = ("call", "most", "wants_frame")

    def __init__(
        self, call: Callable[..., Value], signature: str = "", *, wants_frame: bool = False
    ) -> None:
        kinds = list(inspect.signature(call).parameters.values())[wants_frame:]
        spread = any(kind.kind is kind.VAR_POSITIONAL for kind in kinds)
        self.arity = sum(kind.default is kind.empty for kind in kinds) - spread
        self.most = -1 if spread else len(kinds)
        self.call = call
        self.signature = Signature.parse(signature) if signature else None
        self.wants_frame = wants_frame

    def invoke(self, arguments: list[Value], frame: Frame) -> Value:
        """The result for validated arguments."""
        if self.most >= 0:
            missing = self.arity - len(arguments)
            arguments = [*arguments[: self.most], *[UNDEFINED] * missing]
            optional = arguments[self.arity :]
            while optional and optional[-1] is UNDEFINED:
                optional.pop()
                arguments.pop()
        return self.call(frame, *arguments) if self.wants_frame else self.call(*arguments)


class Lambda(Function):
    """A function written in the language, with the scope and the context it was defined in."""

    __slots__ = ("body", "context", "frame", "names")

    def __init__(
        self,
        names: list[str],
        body: Evaluator,
        context: Value,
        frame: Frame,
        signature: Signature | None,
    ) -> None:
        self.arity = len(names)
        self.names = names
        self.body = body
        self.context = context
        self.frame = frame
        self.signature = signature

    def invoke(self, arguments: list[Value], _frame: Frame) -> Value:
        """The body's value, or the call that it ends with."""
        given = dict.fromkeys(self.names, UNDEFINED) | dict(zip(self.names, arguments))  # noqa: B905
        return self.body(self.context, self.frame.inner(given))


class Partial(Function):
    """A function some of whose arguments are given already; `places` are still open."""

    __slots__ = ("called", "given", "places")

    def __init__(self, called: Function, given: list[Value], places: list[int]) -> None:
        self.arity = len(places)
        self.signature = None
        self.called = called
        self.given = given
        self.places = places

    def invoke(self, arguments: list[Value], frame: Frame) -> Value:
        """The result with the open places filled; signatures are not asked."""
        whole = list(self.given)
        for position, place in enumerate(self.places):
            whole[place] = arguments[position] if position < len(arguments) else UNDEFINED
        return self.called.invoke(whole, frame)


class TailCall:
    """A call that a function ends with; whoever called the function makes it."""

    __slots__ = ("arguments", "called")

    def __init__(self, called: Value, arguments: list[Value]) -> None:
        self.called = called
        self.arguments = arguments


def apply(called: Value, arguments: list[Value], context: Value, frame: Frame) -> Value:
    """What a function gives for arguments, and calls it ends with in turn.

    Raises:
        JsonataError: `T1006`, it is no function; `T041…`, the arguments do not fit; `U100…`.
    """
    run = frame.run
    run.enter()
    result = _invoke(called, arguments, context, frame)
    while type(result) is TailCall:
        run.tick()
        result = _invoke(result.called, result.arguments, context, frame)
    run.depth -= 1
    return result


def _invoke(called: Value, arguments: list[Value], context: Value, frame: Frame) -> Value:
    if not isinstance(called, Function):
        raise JsonataError("T1006")
    if called.signature is not None:
        arguments = called.signature.arguments(arguments, context)
    return called.invoke(arguments, frame)


def composed(first: Value, second: Value, frame: Frame) -> Native:
    """The function that applies one after the other."""

    def chain(value: Value) -> Value:
        return apply(second, [apply(first, [value], None, frame)], None, frame)

    return Native(chain)
