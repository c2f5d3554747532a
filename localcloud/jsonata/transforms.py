"""The transform operator."""

from __future__ import annotations

from localcloud.jsonata.calling import Native, apply
from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.grouping import Compile
from localcloud.jsonata.running import Frame
from localcloud.jsonata.syntax import Node
from localcloud.jsonata.values import UNDEFINED, Evaluator, Function, Value, are_texts


def compile_transform(node: Node, compile_node: Compile) -> Evaluator:
    """`|pattern|update, delete|`: a function that changes a copy of what it is given."""
    pattern, update, *delete = (compile_node(item) for item in node.items)

    def prepare(_context: Value, frame: Frame) -> Value:
        def transform(value: Value) -> Value:
            if value is UNDEFINED:
                return UNDEFINED
            clone = frame.lookup("clone")
            if not isinstance(clone, Function):
                raise JsonataError("T2013")
            result = apply(clone, [value], None, frame)
            found = pattern(result, frame)
            for item in found if isinstance(found, list) else [found]:
                if item is not UNDEFINED:
                    _change(item, update(item, frame))
                    for deletions in delete:
                        _delete(item, deletions(item, frame))
            return result

        return Native(transform, "<(oa):o>")

    return prepare


def _change(item: Value, update: Value) -> None:
    if update is UNDEFINED:
        return
    if not isinstance(update, dict):
        raise JsonataError("T2011", value=update)
    if isinstance(item, dict):
        item.update(update)


def _delete(item: Value, names: Value) -> None:
    if names is UNDEFINED:
        return
    listed = names if isinstance(names, list) else [names]
    if not are_texts(listed):
        raise JsonataError("T2012", value=names)
    if isinstance(item, dict):
        for name in listed:
            item.pop(name, None)
