"""From tree to closures: each node becomes a function of the context item and the frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from localcloud.jsonata.calling import Lambda, Partial, TailCall, apply, composed
from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.grouping import compile_group
from localcloud.jsonata.operators import OPERATORS
from localcloud.jsonata.paths import compile_filter, compile_path
from localcloud.jsonata.regexes import Regex
from localcloud.jsonata.running import Frame
from localcloud.jsonata.signatures import Signature
from localcloud.jsonata.syntax import Node
from localcloud.jsonata.transforms import compile_transform
from localcloud.jsonata.values import (
    UNDEFINED,
    Constructed,
    Evaluator,
    Function,
    Sequence,
    Value,
    append,
    finished,
    is_number,
    truth,
)


def compile_node(node: Node) -> Evaluator:
    """The evaluator of a shaped tree."""
    evaluate = _COMPILERS[node.kind](node)
    for stage in node.predicates:
        assert stage.filter is not None
        evaluate = _then(evaluate, compile_filter(stage.filter, compile_node))
    if node.group is not None and node.kind != "path":
        evaluate = _then(evaluate, compile_group(node.group, compile_node))
    if node.kind in _NEVER_SEQUENCES and not node.predicates:
        return evaluate
    keep_array = node.keeps_array

    def finish(context: Value, frame: Frame) -> Value:
        value = evaluate(context, frame)
        return finished(value, keep_array=keep_array) if type(value) is Sequence else value

    return finish


_NEVER_SEQUENCES = frozenset(["string", "number", "value", "regex", "lambda", "object", "negate"])


def _then(evaluate: Evaluator, stage: Evaluator) -> Evaluator:
    return lambda context, frame: stage(evaluate(context, frame), frame)


def _constant(node: Node) -> Evaluator:
    value = node.value
    return lambda _context, _frame: value


def _regex(node: Node) -> Evaluator:
    regex = Regex(*node.value)
    return lambda _context, _frame: regex


def _parent(node: Node) -> Evaluator:
    slot = node.slot
    assert slot is not None
    return lambda _context, frame: frame.lookup(slot.label)


def _variable(node: Node) -> Evaluator:
    name = node.value
    if name:
        return lambda _context, frame: frame.lookup(name)

    def context_item(context: Value, _frame: Frame) -> Value:
        return context[0] if isinstance(context, Sequence) and context.wraps_input else context

    return context_item


def _wildcard(context: Value, _frame: Frame) -> Value:
    if isinstance(context, Sequence) and context.wraps_input and context:
        context = context[0]
    if isinstance(context, dict):
        context = list(context.values())
    found: list[Value] = Sequence()
    for value in context if isinstance(context, list) else ():
        if isinstance(value, list):
            found = append(found, _leaves(value))
        else:
            found.append(value)
    return found


def _leaves(value: Value) -> list[Value]:
    if not isinstance(value, list):
        return [value]
    return [leaf for item in value for leaf in _leaves(item)]


def _descendants(context: Value, frame: Frame) -> Value:
    found = Sequence()
    waiting = [] if context is UNDEFINED else [context]
    while waiting:
        frame.run.tick()
        value = waiting.pop()
        if not isinstance(value, list):
            found.append(value)
        if isinstance(value, list | dict):
            inner = value.values() if isinstance(value, dict) else value
            waiting.extend(reversed(list(inner)))
    return found


def _negation(node: Node) -> Evaluator:
    operand = _part(node.lhs)

    def negate(context: Value, frame: Frame) -> Value:
        value = operand(context, frame)
        if value is UNDEFINED:
            return UNDEFINED
        if not is_number(value):
            raise JsonataError("D1002", value=value)
        return -value

    return negate


def _part(node: Node | None) -> Evaluator:
    assert node is not None
    return compile_node(node)


def _array(node: Node) -> Evaluator:
    items = [(compile_node(item), item.kind == "array") for item in node.items]
    kind = Constructed if node.constructs else list

    def construct(context: Value, frame: Frame) -> Value:
        built: list[Value] = []
        for evaluate, nested in items:
            value = evaluate(context, frame)
            if value is UNDEFINED:
                continue
            if isinstance(value, list) and not nested:
                built.extend(value)
            else:
                built.append(value)
        return kind(built)

    return construct


def _binary(node: Node) -> Evaluator:
    left, right, token = _part(node.lhs), _part(node.rhs), node.value
    if token in {"and", "or"}:
        return _logical(left, right, token)
    operate = OPERATORS[token]
    return lambda context, frame: operate(left(context, frame), right(context, frame))


def _logical(left: Evaluator, right: Evaluator, operator: str) -> Evaluator:
    decisive = operator == "or"

    def decide(context: Value, frame: Frame) -> bool:
        first = left(context, frame)
        try:
            return decisive if truth(first) is decisive else truth(right(context, frame))
        except JsonataError as error:
            error.inserts |= {"token": operator}
            raise

    return decide


def _bind(node: Node) -> Evaluator:
    assert node.lhs is not None
    name, evaluate = node.lhs.value, _part(node.rhs)

    def bind(context: Value, frame: Frame) -> Value:
        value = evaluate(context, frame)
        frame.bind(name, value)
        return value

    return bind


def _choice(parts: list[Evaluator]) -> Evaluator:
    condition, then, *otherwise = parts

    def choose(context: Value, frame: Frame) -> Value:
        if truth(condition(context, frame)):
            return then(context, frame)
        return otherwise[0](context, frame) if otherwise else UNDEFINED

    return choose


def _sequence(parts: list[Evaluator]) -> Evaluator:
    def run(context: Value, frame: Frame) -> Value:
        inner = frame.inner({})
        result: Value = UNDEFINED
        for evaluate in parts:
            result = evaluate(context, inner)
        return result

    return run


def _bare_name(node: Node | None) -> str:
    """The name that a call without `$` was written with, or that of the variable called."""
    assert node is not None
    if node.kind == "path":
        return str(node.items[0].value)
    return node.value if isinstance(node.value, str) else ""


def _called(node: Node, code: str) -> Evaluator:
    """What a call calls; a hint when only the `$` in front of a name is missing."""
    procedure, name = _part(node.lhs), _bare_name(node.lhs)
    is_path = node.lhs is not None and node.lhs.kind == "path"

    def find(context: Value, frame: Frame) -> Value:
        called = procedure(context, frame)
        if called is UNDEFINED and is_path and frame.lookup(name) is not UNDEFINED:
            raise JsonataError(code, token=name)
        return called

    return find


def _call(node: Node, piped: Evaluator | None = None) -> Evaluator:
    find, name = _called(node, "T1005"), _bare_name(node.lhs)
    arguments = [compile_node(item) for item in node.items]
    if piped:
        arguments.insert(0, piped)

    def call(context: Value, frame: Frame) -> Value:
        called = find(context, frame)
        given = [evaluate(context, frame) for evaluate in arguments]
        try:
            return apply(called, given, context, frame)
        except JsonataError as error:
            if name:
                error.inserts.setdefault("token", name)
            raise

    return call


def _tail(node: Node) -> Evaluator:
    """A function's body: the call that it ends with is left to its caller."""
    if node.kind == "call" and not node.predicates and node.group is None:
        procedure = _part(node.lhs)
        arguments = [compile_node(item) for item in node.items]

        def call(context: Value, frame: Frame) -> Value:
            called = procedure(context, frame)
            given = [evaluate(context, frame) for evaluate in arguments]
            return TailCall(called, given)

        return call
    if node.kind == "condition" and not node.predicates and node.group is None:
        first, *branches = node.items
        return _choice([compile_node(first), *map(_tail, branches)])
    if node.kind == "block" and node.items and not node.predicates and node.group is None:
        *items, last = node.items
        return _sequence([*map(compile_node, items), _tail(last)])
    return compile_node(node)


def _lambda(node: Node) -> Evaluator:
    assert node.rhs is not None
    body, names = _tail(node.rhs), node.names
    signature = Signature.parse(node.signature) if node.signature else None
    return lambda context, frame: Lambda(names, body, context, frame, signature)


def _partial(node: Node) -> Evaluator:
    find, name = _called(node, "T1007"), _bare_name(node.lhs)
    places = [at for at, item in enumerate(node.items) if item.kind == "placeholder"]
    arguments = [None if at in places else compile_node(i) for at, i in enumerate(node.items)]

    def apply_partly(context: Value, frame: Frame) -> Value:
        given = [each(context, frame) if each else UNDEFINED for each in arguments]
        called = find(context, frame)
        if not isinstance(called, Function):
            raise JsonataError("T1008", token=name)
        return Partial(called, given, places)

    return apply_partly


def _apply(node: Node) -> Evaluator:
    assert node.rhs is not None
    left = _part(node.lhs)
    if node.rhs.kind == "call":
        return _call(node.rhs, piped=left)
    right = compile_node(node.rhs)

    def pipe(context: Value, frame: Frame) -> Value:
        value, function = left(context, frame), right(context, frame)
        if not isinstance(function, Function):
            raise JsonataError("T2006", value=function)
        if isinstance(value, Function):
            return composed(value, function, frame)
        return apply(function, [value], None, frame)

    return pipe


_COMPILERS: Final[dict[str, Callable[[Node], Evaluator]]] = {
    "string": _constant,
    "number": _constant,
    "value": _constant,
    "path": lambda node: compile_path(node, compile_node),
    "name": lambda node: compile_path(Node("path", items=[node]), compile_node),
    "variable": _variable,
    "regex": _regex,
    "wildcard": lambda _: _wildcard,
    "descendant": lambda _: _descendants,
    "parent": _parent,
    "negate": _negation,
    "array": _array,
    "object": lambda node: compile_group(node.pairs, compile_node),
    "binary": _binary,
    "bind": _bind,
    "condition": lambda node: _choice([compile_node(item) for item in node.items]),
    "block": lambda node: _sequence([compile_node(item) for item in node.items]),
    "call": _call,
    "partial": _partial,
    "lambda": _lambda,
    "apply": _apply,
    "transform": lambda node: compile_transform(node, compile_node),
}
