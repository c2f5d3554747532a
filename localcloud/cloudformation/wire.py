"""The Query protocol: forms come in, XML goes out.

Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
Request = Mapping[str, Any]


def read_form(body: bytes) -> dict[str, Any]:
    """The parameters of a request; what is numbered `member` by `member` is a list.

    >>> read_form(b"Action=A&Tags.member.1.Key=k&Tags.member.1.Value=v&Names.member.1=n")
    {'Action': 'A', 'Tags': [{'Key': 'k', 'Value': 'v'}], 'Names': ['n']}
    """
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        *path, last = name.split(".")
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    return {name: _listed(node) for name, node in tree.items()}


def _listed(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if set(node) == {"member"} and isinstance(node["member"], dict):
        members = node["member"]
        return [_listed(members[number]) for number in sorted(members, key=int)]
    return {name: _listed(item) for name, item in node.items()}


def write_document(name: str, content: Mapping[str, Any]) -> bytes:
    """An XML document with members as elements and list items as `member`; None is left out."""
    root = ET.Element(name, xmlns=NAMESPACE)
    identity = {"ResponseMetadata": {"RequestId": str(uuid.uuid4())}}
    _append(root, {**content, **identity})
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _append(parent: ET.Element, content: Mapping[str, Any]) -> None:
    for name, value in content.items():
        if value is None:
            continue
        element = ET.SubElement(parent, name)
        if isinstance(value, list):
            for item in value:
                _fill(ET.SubElement(element, "member"), item)
        else:
            _fill(element, value)


def _fill(element: ET.Element, value: Any) -> None:
    if isinstance(value, Mapping):
        _append(element, value)
    else:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
