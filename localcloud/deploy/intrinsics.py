"""CloudFormation's intrinsic functions.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from localcloud.deploy.errors import DeployError

NO_VALUE = object()
"""What `AWS::NoValue` stands for: the property is left out."""
PLACEHOLDER = re.compile(r"\$\{(!?)\s*([^}!][^}]*?)\s*\}")


class Lookup(Protocol):
    """Finds what the template refers to."""

    def ref(self, name: str) -> Any:
        """The value of a parameter or pseudo parameter, or the physical id of a resource."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """An attribute of a resource."""

    def condition(self, name: str) -> bool:
        """Whether a named condition holds."""

    def mapping(self, name: str, key: str, member: str) -> Any:
        """A value of the template's Mappings."""


def resolve(node: Any, lookup: Lookup) -> Any:
    """The node with every intrinsic function replaced by its value.

    Raises:
        DeployError: an unknown function, or a name that the lookup does not know.
    """
    if isinstance(node, list):
        values = (resolve(item, lookup) for item in node)
        return [value for value in values if value is not NO_VALUE]
    if not isinstance(node, dict):
        return node
    if (call := function_call(node)) is not None:
        name, argument = call
        return _FUNCTIONS[name](argument, lookup)
    resolved = {key: resolve(value, lookup) for key, value in node.items()}
    return {key: value for key, value in resolved.items() if value is not NO_VALUE}


def function_call(node: dict[str, Any]) -> tuple[str, Any] | None:
    """The function and its argument if the node is a call, else `None`.

    Raises:
        DeployError: it looks like a call, but of no function that is known.
    """
    if len(node) != 1:
        return None
    ((name, argument),) = node.items()
    if name in _FUNCTIONS and (name != "Condition" or isinstance(argument, str)):
        return name, argument
    if name.startswith("Fn::"):
        raise DeployError(f"the function {name} is not known")
    return None


def references(node: Any) -> Iterator[str]:
    """The names that a node refers to by Ref, GetAtt or Sub; parameters among them."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    elif isinstance(node, dict):
        match function_call(node):
            case ("Ref", str(name)):
                yield name
            case ("Fn::GetAtt", argument):
                yield _attribute_path(argument)[0]
            case ("Fn::Sub", argument):
                yield from _sub_references(argument)
            case _:
                for value in node.values():
                    yield from references(value)


def _sub_references(argument: Any) -> Iterator[str]:
    text, own = (argument, {}) if isinstance(argument, str) else argument
    yield from references(list(own.values()))
    for literal, name in PLACEHOLDER.findall(text):
        if not literal and name not in own:
            yield name.partition(".")[0]


def _attribute_path(argument: Any) -> tuple[str, str]:
    logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    return str(logical_id), str(attribute)


def _sub(argument: Any, lookup: Lookup) -> str:
    text, own = (argument, {}) if isinstance(argument, str) else argument
    values: Mapping[str, Any] = resolve(own, lookup)

    def replace(match: re.Match[str]) -> str:
        literal, name = match.groups()
        if literal:
            return "${" + name + "}"
        if name in values:
            return _text(values[name])
        logical_id, dot, attribute = name.partition(".")
        return _text(lookup.attribute(logical_id, attribute) if dot else lookup.ref(name))

    return PLACEHOLDER.sub(replace, text)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _get_att(argument: Any, lookup: Lookup) -> Any:
    return lookup.attribute(*_attribute_path(argument))


def _if(argument: Any, lookup: Lookup) -> Any:
    condition, then, otherwise = argument
    return resolve(then if lookup.condition(condition) else otherwise, lookup)


def _equals(argument: Any, lookup: Lookup) -> bool:
    left, right = resolve(argument, lookup)
    return _text(left) == _text(right)


def _join(argument: Any, lookup: Lookup) -> str:
    separator, parts = argument
    return str(separator).join(_text(part) for part in resolve(parts, lookup))


def _split(argument: Any, lookup: Lookup) -> list[str]:
    separator, text = argument
    return str(resolve(text, lookup)).split(separator)


def _select(argument: Any, lookup: Lookup) -> Any:
    index, values = argument
    return resolve(values, lookup)[int(resolve(index, lookup))]


def _find_in_map(argument: Any, lookup: Lookup) -> Any:
    name, key, member = (resolve(part, lookup) for part in argument[:3])
    return lookup.mapping(name, key, member)


def _base64(argument: Any, lookup: Lookup) -> str:
    return base64.b64encode(_text(resolve(argument, lookup)).encode()).decode()


def _to_json(argument: Any, lookup: Lookup) -> str:
    return json.dumps(resolve(argument, lookup), separators=(",", ":"))


_FUNCTIONS: dict[str, Callable[[Any, Lookup], Any]] = {
    "Ref": lambda argument, lookup: lookup.ref(argument),
    "Condition": lambda argument, lookup: lookup.condition(argument),
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::If": _if,
    "Fn::Equals": _equals,
    "Fn::Not": lambda argument, lookup: not resolve(argument[0], lookup),
    "Fn::And": lambda argument, lookup: all(resolve(argument, lookup)),
    "Fn::Or": lambda argument, lookup: any(resolve(argument, lookup)),
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::FindInMap": _find_in_map,
    "Fn::Base64": _base64,
    "Fn::ToJsonString": _to_json,
}
