"""From text to tree, by binding powers."""

from __future__ import annotations

from typing import Final

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.lexer import END, LITERAL, NAME, REGEX, Lexer, Token
from localcloud.jsonata.signatures import Signature
from localcloud.jsonata.syntax import Node, Pairs, Term

# How strongly an operator binds what stands to its left.
_POWERS: Final = {
    ".": 75, "[": 80, "{": 70, "(": 80, "@": 80, "#": 80, "?": 20, "+": 50, "-": 50, "*": 60,
    "/": 60, "%": 60, "=": 40, "<": 40, ">": 40, "^": 40, ":=": 10, "!=": 40, "<=": 40, ">=": 40,
    "~>": 40, "and": 30, "or": 25, "in": 40, "&": 50,
}  # fmt: skip
_UNARY_MINUS: Final = 70
_FUNCTION: Final = frozenset(["function", "λ"])


def parse(text: str) -> Node:
    """The tree of an expression, as it is written.

    Raises:
        JsonataError: `S…`, the text is no expression.
    """
    parser = _Parser(Lexer(text))
    tree = parser.expression(0)
    parser.expect_end()
    return tree


class _Parser:
    """Holds the token that comes next."""

    def __init__(self, lexer: Lexer) -> None:
        self._lexer = lexer
        self._token = lexer.next(after_term=False)

    def expect_end(self) -> None:
        if self._token.id != END:
            raise JsonataError("S0201", token=self._token.value)

    def expression(self, power: int) -> Node:
        """The longest expression whose operators bind more strongly than `power`."""
        token = self._token
        self._advance(after_term=True)
        left = self._term(token)
        while power < _POWERS.get(self._token.id, 0):
            token = self._token
            self._advance()
            left = self._operation(token.id, left)
        return left

    def _advance(self, expected: str = "", *, after_term: bool = False) -> Token:
        if expected and self._token.id != expected:
            code = "S0203" if self._token.id == END else "S0202"
            raise JsonataError(code, token=self._token.value, value=expected)
        self._token = self._lexer.next(after_term=after_term)
        return self._token

    def _term(self, token: Token) -> Node:
        match token.id:
            case "(name)" | "(literal)" | "(regex)":
                return Node(token.kind, token.value)
            case "and" | "or" | "in":
                return Node("name", token.value)
            case "(end)":
                return Node("end")
            case "-":
                return Node("negate", lhs=self.expression(_UNARY_MINUS))
            case "*":
                return Node("wildcard")
            case "**":
                return Node("descendant")
            case "%":
                return Node("parent")
            case "(":
                return self._block()
            case "[":
                return self._array()
            case "{":
                return Node("object", pairs=self._pairs())
            case "|":
                return self._transform()
        raise JsonataError("S0211", token=token.value)

    def _operation(self, operator: str, left: Node) -> Node:
        match operator:
            case "(":
                return self._call(left)
            case "[":
                return self._predicate(left)
            case "{":
                return Node("binary", "{", lhs=left, pairs=self._pairs())
            case "^":
                return self._order_by(left)
            case ":=":
                if left.kind != "variable":
                    raise JsonataError("S0212", token=left.value)
                return Node("bind", lhs=left, rhs=self.expression(_POWERS[":="] - 1))
            case "@" | "#":
                right = self.expression(_POWERS[operator])
                if right.kind != "variable":
                    raise JsonataError("S0214", token=operator)
                return Node("binary", operator, lhs=left, rhs=right)
            case "?":
                return self._condition(left)
        return Node("binary", operator, lhs=left, rhs=self.expression(_POWERS[operator]))

    def _block(self) -> Node:
        items: list[Node] = []
        while self._token.id != ")":
            items.append(self.expression(0))
            if self._token.id != ";":
                break
            self._advance(";")
        self._advance(")", after_term=True)
        return Node("block", items=items)

    def _array(self) -> Node:
        items: list[Node] = []
        while self._token.id != "]":
            item = self.expression(0)
            if self._token.id == "..":
                self._advance("..")
                item = Node("binary", "..", lhs=item, rhs=self.expression(0))
            items.append(item)
            if self._token.id != ",":
                break
            self._advance(",")
            if self._token.id == "]":
                items.append(self.expression(0))
        self._advance("]", after_term=True)
        return Node("array", items=items)

    def _pairs(self) -> Pairs:
        pairs: Pairs = []
        if self._token.id != "}":
            while True:
                key = self.expression(0)
                self._advance(":")
                pairs.append((key, self.expression(0)))
                if self._token.id != ",":
                    break
                self._advance(",")
        self._advance("}", after_term=True)
        return pairs

    def _transform(self) -> Node:
        items = [self.expression(0)]
        self._advance("|")
        items.append(self.expression(0))
        if self._token.id == ",":
            self._advance(",")
            items.append(self.expression(0))
        self._advance("|")
        return Node("transform", items=items)

    def _predicate(self, left: Node) -> Node:
        if self._token.id != "]":
            right = self.expression(0)
            self._advance("]", after_term=True)
            return Node("binary", "[", lhs=left, rhs=right)
        step = left
        while step.kind == "binary" and step.value == "[" and step.lhs:
            step = step.lhs
        step.keeps_array = True
        self._advance("]")
        return left

    def _order_by(self, left: Node) -> Node:
        self._advance("(")
        terms: list[Term] = []
        while True:
            descending = self._token.id == ">"
            if self._token.id in {"<", ">"}:
                self._advance()
            terms.append(Term(self.expression(0), descending))
            if self._token.id != ",":
                break
            self._advance(",")
        self._advance(")")
        return Node("binary", "^", lhs=left, terms=terms)

    def _condition(self, condition: Node) -> Node:
        items = [condition, self.expression(0)]
        if self._token.id == ":":
            self._advance(":")
            items.append(self.expression(0))
        return Node("condition", items=items)

    def _call(self, called: Node) -> Node:
        call = Node("call", lhs=called)
        while self._token.id != ")":
            if self._token.id == "?":
                call.kind = "partial"
                call.items.append(Node("placeholder", "?"))
                self._advance("?")
            else:
                call.items.append(self.expression(0))
            if self._token.id != ",":
                break
            self._advance(",")
            if self._token.id == ")":
                call.items.append(self.expression(0))
        self._advance(")", after_term=True)
        if called.kind == "name" and called.value in _FUNCTION:
            return self._lambda(call.items)
        return call

    def _lambda(self, parameters: list[Node]) -> Node:
        for position, parameter in enumerate(parameters, 1):
            if parameter.kind != "variable":
                raise JsonataError("S0208", token=parameter.value, value=position)
        signature = self._signature() if self._token.id == "<" else ""
        self._advance("{")
        body = self.expression(0)
        self._advance("}")
        names = [parameter.value for parameter in parameters]
        return Node("lambda", names=names, signature=signature, rhs=body)

    def _signature(self) -> str:
        text, depth = "<", 1
        while depth and self._token.id not in {"{", END}:
            token = self._advance()
            depth += (token.id == "<") - (token.id == ">")
            text += str(token.value)
        self._advance(">")
        Signature.parse(text)
        return text


__all__ = ["LITERAL", "NAME", "REGEX", "parse"]
