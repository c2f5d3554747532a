"""Paths: steps, and what is kept of what they find.

A path carries either plain items, or a stream of items with the variables bound to each
(`@$x`, `#$i`, `%`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from localcloud.jsonata.grouping import Compile, StageEvaluator, compile_group, compile_order
from localcloud.jsonata.running import Frame
from localcloud.jsonata.syntax import Node, Stage
from localcloud.jsonata.values import (
    UNDEFINED,
    Constructed,
    Evaluator,
    Sequence,
    Stream,
    Value,
    are_numbers,
    finished,
    is_number,
    lookup,
    truth,
)


@dataclass(frozen=True, slots=True)
class _Step:
    """A step ready to run. `sort` orders all items at once, `find` is asked for each item."""

    node: Node
    find: Evaluator
    sort: Evaluator | None
    stages: list[StageEvaluator]
    last: bool

    def items(self, given: list[Value], frame: Frame) -> Value:
        """What the step finds for all items."""
        if self.sort:
            return self._staged(self.sort(given, frame), frame)
        found: list[Value] = []
        tick, find, stages = frame.run.tick, self.find, self.stages
        for item in given:
            tick()
            value = find(item, frame)
            for stage in stages:
                value = stage(value, frame)
            if value is not UNDEFINED:
                found.append(value)
        only = found[0] if self.last and len(found) == 1 else None
        if isinstance(only, list) and not isinstance(only, Sequence):
            return only
        return Sequence(_flattened(found))

    def stream(self, given: list[Value], bound: Value, frame: Frame) -> Value:
        """What the step finds, each with the variables bound so far and those bound here."""
        if self.sort:
            return self._staged(self._sorted_stream(given, bound, frame), frame)
        found = Stream()
        for tuple_ in [{"@": item} for item in given] if bound is None else bound:
            frame.run.tick()
            value = self.find(tuple_["@"], frame.inner(tuple_))
            if value is UNDEFINED:
                continue
            for position, item in enumerate(value if isinstance(value, list) else [value]):
                found.append(self._bind(tuple_, item, position, isinstance(value, Stream)))
        return self._staged(found, frame)

    def _bind(
        self, tuple_: dict[str, Value], item: Value, position: int, streams: bool
    ) -> dict[str, Value]:
        if streams:
            return {**tuple_, **item}
        bound = dict(tuple_)
        if self.node.focus:
            bound[self.node.focus] = item
        else:
            bound["@"] = item
        if self.node.index:
            bound[self.node.index] = position
        if self.node.ancestor:
            bound[self.node.ancestor.label] = tuple_["@"]
        return bound

    def _sorted_stream(self, given: list[Value], bound: Value, frame: Frame) -> Value:
        assert self.sort is not None
        if bound is not None:
            return self.sort(bound, frame)
        ordered = self.sort(given, frame)
        return Stream(
            {"@": item, self.node.index: position} for position, item in enumerate(ordered)
        )

    def _staged(self, value: Value, frame: Frame) -> Value:
        for stage in self.stages:
            value = stage(value, frame)
        return value


def _flattened(found: list[Value]) -> list[Value]:
    flat: list[Value] = []
    for value in found:
        if isinstance(value, list) and not isinstance(value, Constructed):
            flat.extend(value)
        else:
            flat.append(value)
    return flat


def compile_path(node: Node, compile_node: Compile) -> Evaluator:
    """A path, without what stands behind it as a whole."""
    last = len(node.items) - 1
    steps = [_step(step, at == last, compile_node) for at, step in enumerate(node.items)]
    group = compile_group(node.group, compile_node) if node.group is not None else None
    first = node.items[0]
    is_absolute = first.kind == "variable"

    def evaluate(context: Value, frame: Frame) -> Value:
        items = context if isinstance(context, list) and not is_absolute else Sequence([context])
        result, bound = _walked(steps, items, frame)
        if bound is not None:
            result = bound if node.streams else Sequence(item["@"] for item in bound)
        if node.keeps_singleton:
            result = _singleton_kept(result)
        if group:
            return group(result if bound is None else bound, frame)
        return result

    return evaluate


def _walked(steps: list[_Step], items: Value, frame: Frame) -> tuple[Value, Value]:
    """What the steps find, and the stream that travels through them from some step on."""
    result: Value = items
    bound: Value = None
    streams = False
    for at, step in enumerate(steps):
        streams = streams or step.node.streams
        if at == 0 and step.node.constructs:
            result = step.find(items, frame)
        elif streams:
            bound = step.stream(items, bound, frame)
        else:
            result = step.items(items, frame)
        if not streams and (result is UNDEFINED or not result):
            break
        if not step.node.focus:
            items = result
    return result, bound


def _singleton_kept(found: Value) -> Value:
    """What was found, as an array even if it is a single item."""
    if isinstance(found, Constructed):
        found = Sequence([found])
    if isinstance(found, Sequence):
        found.keeps_singleton = True
    return found


def _step(node: Node, last: bool, compile_node: Compile) -> _Step:
    sort = compile_order(node.terms, compile_node) if node.kind == "sort" else None
    stages = [_stage(stage, compile_node) for stage in node.stages]
    if node.kind == "name":
        name = node.value
        if node.keeps_array:
            return _Step(node, lambda item, _: _kept(lookup(item, name)), sort, stages, last)
        return _Step(node, lambda item, _: finished(lookup(item, name)), sort, stages, last)
    find = _unordered if sort else compile_node(node)
    return _Step(node, find, sort, stages, last)


def _kept(value: Value) -> Value:
    return finished(value, keep_array=True)


def _unordered(_context: Value, _frame: Frame) -> Value:
    return UNDEFINED


def _stage(stage: Stage, compile_node: Compile) -> StageEvaluator:
    if stage.filter is not None:
        return compile_filter(stage.filter, compile_node)
    name = stage.index

    def number(value: Value, _frame: Frame) -> Value:
        for position, tuple_ in enumerate(value):
            tuple_[name] = position
        return value

    return number


def compile_filter(predicate: Node, compile_node: Compile) -> StageEvaluator:
    """What a predicate in brackets keeps of a value."""
    if predicate.kind == "number":
        return _at(math.floor(predicate.value))
    fits = compile_node(predicate)

    def keep(value: Value, frame: Frame) -> Value:
        streams = isinstance(value, Stream)
        items = value if isinstance(value, list) else [value]
        kept = []
        for position, item in enumerate(items):
            frame.run.tick()
            context = item["@"] if streams else item
            chosen = fits(context, frame.inner(item) if streams else frame)
            if is_number(chosen):
                chosen = [chosen]
            if are_numbers(chosen):
                for index in chosen:
                    at = math.floor(index)
                    if at == position or (at + len(items) == position and at < 0):
                        kept.append(item)
            elif truth(chosen):
                kept.append(item)
        return (Stream if streams else Sequence)(kept)

    return keep


def _at(index: int) -> StageEvaluator:
    def keep(value: Value, _frame: Frame) -> Value:
        items = value if isinstance(value, list) else [value]
        at = index + len(items) if index < 0 else index
        item = items[at] if 0 <= at < len(items) else UNDEFINED
        if isinstance(item, list):
            return item
        kept: list[Value] = [] if item is UNDEFINED else [item]
        return (Stream if isinstance(value, Stream) else Sequence)(kept)

    return keep
