"""From the tree as it is written to the tree that is evaluated.

Names and dots become paths of steps; predicates, bindings and groups move to the step they
belong to; each `%` finds the step whose context is the parent it means.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.syntax import Node, Slot, Stage, Term


def shape(tree: Node) -> Node:
    """The tree to evaluate.

    Raises:
        JsonataError: `S0207` to `S0217`, the parts do not go together.
    """
    shaped = _Shaper().shape(tree)
    if shaped.kind == "parent" or shaped.seeking:
        raise JsonataError("S0217")
    return shaped


class _Shaper:
    def __init__(self) -> None:
        self._labels = count()

    def shape(self, node: Node) -> Node:
        shaped = self._shaped(node)
        if node.keeps_array:
            shaped.keeps_array = True
        return shaped

    def _shaped(self, node: Node) -> Node:
        match node.kind:
            case "binary":
                return self._binary(node)
            case "name":
                return Node("path", items=[node], keeps_singleton=node.keeps_array)
            case "parent":
                node.slot = Slot(f"!{next(self._labels)}")
                return node
            case "lambda":
                body = self.shape(_given(node.rhs))
                return Node("lambda", names=node.names, signature=node.signature, rhs=body)
            case "bind":
                value = self.shape(_given(node.rhs))
                return _seek_for(Node("bind", lhs=node.lhs, rhs=value), [value])
            case "negate":
                return self._negate(node)
            case "array" | "block" | "condition":
                items = [self.shape(item) for item in node.items]
                shaped = _seek_for(Node(node.kind, items=items), items)
                shaped.constructs = node.kind == "block" and any(map(_begins_constructed, items))
                return shaped
            case "transform":
                return Node("transform", items=[self.shape(item) for item in node.items])
            case "object":
                pairs = [(self.shape(key), self.shape(value)) for key, value in node.pairs]
                parts = (part for pair in pairs for part in pair)
                return _seek_for(Node("object", pairs=pairs), parts)
            case "call" | "partial":
                items = [self.shape(item) for item in node.items]
                called = self.shape(_given(node.lhs))
                return _seek_for(Node(node.kind, lhs=called, items=items), items)
            case "end":
                raise JsonataError("S0207")
        return node

    def _negate(self, node: Node) -> Node:
        operand = self.shape(_given(node.lhs))
        if operand.kind == "number":
            operand.value = -operand.value
            return operand
        return _seek_for(Node("negate", lhs=operand), [operand])

    def _binary(self, node: Node) -> Node:
        left = self.shape(_given(node.lhs))
        match node.value:
            case ".":
                return self._path(left, self.shape(_given(node.rhs)))
            case "[":
                return self._filtered(left, self.shape(_given(node.rhs)))
            case "{":
                if left.group is not None:
                    raise JsonataError("S0210")
                left.group = [(self.shape(key), self.shape(value)) for key, value in node.pairs]
                return left
            case "^":
                return self._sorted(left, node.terms)
            case "@":
                return self._focused(left, node)
            case "#":
                return self._indexed(left, _given(node.rhs).value)
        right = self.shape(_given(node.rhs))
        if node.value == "~>":
            keeps = left.keeps_array or right.keeps_array
            return Node("apply", lhs=left, rhs=right, keeps_array=keeps)
        return _seek_for(Node("binary", node.value, lhs=left, rhs=right), [left, right])

    def _path(self, left: Node, right: Node) -> Node:
        path = left if left.kind == "path" else Node("path", items=[left])
        if left.kind == "parent":
            path.seeking = [_given_slot(left)]
        if right.kind == "path":
            path.items.extend(right.items)
        else:
            right.stages, right.predicates = [*right.stages, *right.predicates], []
            path.items.append(right)
        for step in path.items:
            if step.kind in {"number", "value"}:
                raise JsonataError("S0213", value=step.value)
            if step.kind == "string":
                step.kind = "name"
        path.keeps_singleton |= any(step.keeps_array for step in path.items)
        for step in (path.items[0], path.items[-1]):
            step.constructs |= step.kind == "array"
        self._resolve(path)
        return path

    def _filtered(self, left: Node, predicate: Node) -> Node:
        is_path = left.kind == "path"
        step = left.items[-1] if is_path else left
        if step.group is not None:
            raise JsonataError("S0209")
        for slot in predicate.seeking:
            if slot.level == 1:
                self._seek(step, slot)
            else:
                slot.level -= 1
        if predicate.seeking:
            _seek_for(step, [predicate])
        (step.stages if is_path else step.predicates).append(Stage(filter=predicate))
        return left

    def _sorted(self, left: Node, terms: list[Term]) -> Node:
        path = left if left.kind == "path" else Node("path", items=[left])
        shaped = [Term(self.shape(term.key), term.descending) for term in terms]
        step = Node("sort", terms=shaped)
        path.items.append(_seek_for(step, (term.key for term in shaped)))
        self._resolve(path)
        return path

    def _focused(self, left: Node, node: Node) -> Node:
        step = left.items[-1] if left.kind == "path" else left
        if step.stages or step.predicates:
            raise JsonataError("S0215")
        if step.kind == "sort":
            raise JsonataError("S0216")
        step.keeps_array |= node.keeps_array
        step.focus = _given(node.rhs).value
        step.streams = True
        return left

    def _indexed(self, left: Node, name: str) -> Node:
        path = left if left.kind == "path" else Node("path", items=[left])
        step = path.items[-1]
        step.stages, step.predicates = [*step.stages, *step.predicates], []
        if step.stages:
            step.stages.append(Stage(index=name))
        else:
            step.index = name
        step.streams = True
        return path

    def _resolve(self, path: Node) -> None:
        """Find the steps that the parents sought by the last step mean."""
        last = path.items[-1]
        slots = list(last.seeking)
        if last.kind == "parent":
            slots.append(_given_slot(last))
        for slot in slots:
            at = len(path.items) - 2
            while slot.level > 0:
                if at < 0:
                    path.seeking.append(slot)
                    break
                step = path.items[at]
                at -= 1
                while at >= 0 and step.focus and path.items[at].focus:  # they share one context
                    step = path.items[at]
                    at -= 1
                self._seek(step, slot)

    def _seek(self, node: Node, slot: Slot) -> None:
        """Go one step to the left: it is the slot's parent, or brings it nearer."""
        match node.kind:
            case "name" | "wildcard":
                slot.level -= 1
                if slot.level == 0:
                    if node.ancestor:
                        slot.label = node.ancestor.label
                    node.ancestor = slot
                    node.streams = True
            case "parent":
                slot.level += 1
            case "block":
                if node.items:
                    node.streams = True
                    self._seek(node.items[-1], slot)
            case "path":
                node.streams = True
                for at, step in enumerate(reversed(node.items)):
                    if at and slot.level <= 0:
                        break
                    self._seek(step, slot)
            case _:
                raise JsonataError("S0217")


def _given(node: Node | None) -> Node:
    assert node is not None
    return node


def _given_slot(node: Node) -> Slot:
    assert node.slot is not None
    return node.slot


def _seek_for(node: Node, parts: Iterable[Node]) -> Node:
    """The node, which now looks for the parents that its parts look for."""
    for part in parts:
        node.seeking.extend(part.seeking)
        if part.kind == "parent":
            node.seeking.append(_given_slot(part))
    return node


def _begins_constructed(node: Node) -> bool:
    return node.constructs or (node.kind == "path" and node.items[0].constructs)
