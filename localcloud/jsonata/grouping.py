"""Order-by clauses and groups: what is done with all items that a path has found."""

from __future__ import annotations

from collections.abc import Callable

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.running import Frame
from localcloud.jsonata.sorting import merge_sorted
from localcloud.jsonata.syntax import Node, Pairs, Term
from localcloud.jsonata.values import UNDEFINED, Evaluator, Stream, Value, append

Compile = Callable[[Node], Evaluator]
StageEvaluator = Callable[[Value, Frame], Value]


def compile_order(terms: list[Term], compile_node: Compile) -> Evaluator:
    """All items in the order of the terms; what has no key comes last."""
    keys = [(compile_node(term.key), term.descending) for term in terms]

    def order(items: Value, frame: Frame) -> Value:
        streams = isinstance(items, Stream)

        def key(item: Value) -> list[Value]:
            frame.run.tick()
            context = item["@"] if streams else item
            inner = frame.inner(item) if streams else frame
            return [evaluate(context, inner) for evaluate, _ in keys]

        def is_behind(left: list[Value], right: list[Value]) -> bool:
            frame.run.tick()
            for one, other, (_, descending) in zip(left, right, keys, strict=True):
                comparison = _compare(one, other)
                if comparison:
                    missing = one is UNDEFINED or other is UNDEFINED
                    return (comparison > 0) != (descending and not missing)
            return False

        if len(items) <= 1:
            return items
        keyed = [(key(item), item) for item in items]
        ordered = merge_sorted(keyed, lambda one, other: is_behind(one[0], other[0]))
        return [item for _, item in ordered]

    return order


def _compare(left: Value, right: Value) -> int:
    if left is UNDEFINED or right is UNDEFINED:
        return (left is UNDEFINED) - (right is UNDEFINED)
    for value in (left, right):
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise JsonataError("T2008", value=value)
    if isinstance(left, str) != isinstance(right, str):
        raise JsonataError("T2007", value=left, value2=right)
    return bool(left > right) - bool(left < right)


def compile_group(pairs: Pairs, compile_node: Compile) -> StageEvaluator:
    """An object whose values are evaluated for all items of each key together."""
    compiled = [(compile_node(key), compile_node(value)) for key, value in pairs]

    def collect(value: Value, frame: Frame) -> Value:
        streams = isinstance(value, Stream)
        items = value if isinstance(value, list) else [value]
        groups: dict[str, tuple[Value, int]] = {}
        for item in items or [UNDEFINED]:
            frame.run.tick()
            inner = frame.inner(item) if streams else frame
            context = item["@"] if streams else item
            for position, (key_of, _) in enumerate(compiled):
                key = key_of(context, inner)
                if key is UNDEFINED:
                    continue
                if not isinstance(key, str):
                    raise JsonataError("T1003", value=key)
                known = groups.get(key)
                if known and known[1] != position:
                    raise JsonataError("D1009", value=key)
                groups[key] = append(known[0], item) if known else item, position
        result = {}
        for key, (data, position) in groups.items():
            context, inner = _merged(data, frame) if streams else (data, frame)
            member = compiled[position][1](context, inner)
            if member is not UNDEFINED:
                result[key] = member
        return result

    return collect


def _merged(data: Value, frame: Frame) -> tuple[Value, Frame]:
    """One item of a stream for all of a group: each variable holds all its values."""
    tuples = data if isinstance(data, list) else [data]
    merged = dict(tuples[0])
    for tuple_ in tuples[1:]:
        for name, value in tuple_.items():
            merged[name] = append(merged.get(name, UNDEFINED), value)
    return merged.pop("@"), frame.inner(merged)
