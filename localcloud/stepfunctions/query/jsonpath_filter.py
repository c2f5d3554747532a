"""Filter expressions of JSONPath: `?(@.price < 10 && !(@.sold == true))`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Final

from localcloud.stepfunctions.query.jsonpath import Path, PathNotFoundError
from localcloud.stepfunctions.query.scope import Json, is_number
from localcloud.stepfunctions.query.text_cursor import Cursor

Predicate = Callable[[Json, Json], bool]
Operand = Callable[[Json, Json], Json]

_NOTHING: Final = object()
_OPERATOR: Final = re.compile(
    r"===|!==|==|!=|<=|>=|=~|<|>|(?:in|nin|subsetof|anyof|noneof|size|empty|contains)\b"
)
_LITERAL: Final = re.compile(r"(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)")
_WORD: Final = re.compile(r"[A-Za-z_][\w.-]*")
_REGEX: Final = re.compile(r"/((?:[^/\\]|\\.)*)/([a-zA-Z]*)")
_WORDS: Final = {"true": True, "false": False, "null": None}


class FilterParser:
    """Recursive descent over `||`, `&&`, `!`, parentheses and comparisons."""

    def __init__(self, cursor: Cursor, parse_path: Callable[[Cursor], Path]) -> None:
        self._cursor = cursor
        self._parse_path = parse_path

    def disjunction(self) -> Predicate:
        """One or more conjunctions joined by `||`."""
        return self._joined("||", self._conjunction, any)

    def _conjunction(self) -> Predicate:
        return self._joined("&&", self._term, all)

    def _joined(
        self, token: str, part: Callable[[], Predicate], decide: Callable[..., bool]
    ) -> Predicate:
        parts = [part()]
        self._cursor.skip_space()
        while self._cursor.accept(token):
            parts.append(part())
            self._cursor.skip_space()
        if len(parts) == 1:
            return parts[0]
        return lambda node, root: decide(each(node, root) for each in parts)

    def _term(self) -> Predicate:
        self._cursor.skip_space()
        if self._cursor.accept("!"):
            inner = self._term()
            return lambda node, root: not inner(node, root)
        if self._cursor.accept("("):
            inner = self.disjunction()
            self._cursor.expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        left = self._operand()
        self._cursor.skip_space()
        found = self._cursor.match(_OPERATOR)
        if found is None:
            return lambda node, root: left(node, root) is not _NOTHING
        self._cursor.skip_space()
        compare = _COMPARISONS[found[0]]
        right = self._regex() if found[0] == "=~" else self._operand()
        return lambda node, root: compare(left(node, root), right(node, root))

    def _regex(self) -> Operand:
        found = self._cursor.match(_REGEX)
        if found is None:
            self._cursor.fail("a regular expression is missing")
        pattern = re.compile(found[1], re.IGNORECASE if "i" in found[2] else 0)
        return lambda _node, _root: pattern

    def _operand(self) -> Operand:
        cursor = self._cursor
        cursor.skip_space()
        if cursor.accept("@"):
            return self._path(of_root=False)
        if cursor.accept("$"):
            return self._path(of_root=True)
        value = self._literal()
        return lambda _node, _root: value

    def _path(self, *, of_root: bool) -> Operand:
        path = self._parse_path(self._cursor)

        def find(node: Json, root: Json) -> Json:
            try:
                return path.find(root if of_root else node)
            except PathNotFoundError:
                return _NOTHING

        return find

    def _literal(self) -> Json:
        cursor = self._cursor
        if cursor.looking_at("'") or cursor.looking_at('"'):
            return cursor.quoted()
        if cursor.accept("["):
            return self._array()
        found = cursor.match(_LITERAL)
        if found is None:
            return self._word()
        if found[1]:
            return _WORDS[found[1]]
        return float(found[2]) if set(found[2]) & set(".eE") else int(found[2])

    def _word(self) -> str:
        """A text without quotes, which AWS takes as well."""
        word = self._cursor.match(_WORD)
        if word is None:
            self._cursor.fail("a path or a value is missing")
        return word[0]

    def _array(self) -> list[Json]:
        values: list[Json] = []
        self._cursor.skip_space()
        while not self._cursor.accept("]"):
            values.append(self._literal())
            self._cursor.skip_space()
            if not self._cursor.accept(","):
                self._cursor.expect("]")
                break
            self._cursor.skip_space()
        return values


def equal(left: Json, right: Json) -> bool:
    """JSON equality: numbers by value, `true` is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _ordered(compare: Callable[[Json, Json], bool]) -> Callable[[Json, Json], bool]:
    def decide(left: Json, right: Json) -> bool:
        both_numbers = is_number(left) and is_number(right)
        both_strings = isinstance(left, str) and isinstance(right, str)
        return (both_numbers or both_strings) and compare(left, right)

    return decide


def _within(left: Json, right: Json) -> bool:
    return isinstance(right, list) and any(equal(left, each) for each in right)


def _sized(left: Json, right: Json) -> bool:
    return isinstance(left, str | list) and equal(len(left), right)


def _contains(left: Json, right: Json) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and right in left
    return _within(right, left)


def _overlap(left: Json, right: Json) -> bool:
    return isinstance(left, list) and any(_within(each, right) for each in left)


_COMPARISONS: Final[dict[str, Callable[[Json, Json], bool]]] = {
    "==": equal,
    "===": equal,
    "!=": lambda left, right: not equal(left, right),
    "!==": lambda left, right: not equal(left, right),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "=~": lambda left, right: isinstance(left, str) and right.fullmatch(left) is not None,
    "in": _within,
    "nin": lambda left, right: not _within(left, right),
    "contains": _contains,
    "size": _sized,
    "empty": lambda left, right: isinstance(left, str | list) and (not left) is right,
    "subsetof": lambda left, right: (
        isinstance(left, list) and all(_within(each, right) for each in left)
    ),
    "anyof": _overlap,
    "noneof": lambda left, right: isinstance(left, list) and not _overlap(left, right),
}
