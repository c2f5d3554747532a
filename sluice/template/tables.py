"""The tables of datasets in the text of `template.yaml`: one more, or one less.

A table is declared once and named in several places (the loader's environment and permissions, an
output). A new one is modelled on the last of them: its declaration is copied with another name and
key, and each place that names the model gets the new name behind it. Removing takes the same
places out again. The parser only says where things stand; all other text stays as it is, byte for
byte, comments and layout included.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import yaml

from sluice.template.yaml_text import Edit, edited, end_of, member, members, nodes, root_of
from sluice.terminal.exits import OperatorError

OUTPUT = "DatasetTables"
KEY_TYPES = ("HASH", "RANGE")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribute:
    """A field of a table's key; `kind` is DynamoDB's `S` or `N`."""

    name: str
    kind: str


def dataset_tables(template: str) -> list[str]:
    """The logical names of the datasets' tables, as the output `DatasetTables` lists them.

    Raises:
        OperatorError: the template is no YAML, or has no such output.
    """
    for _, value in members(member(_root(template), "Outputs", OUTPUT)):
        if (names := _names_in(value)) is not None:
            return names
    raise OperatorError(f"template.yaml has no output {OUTPUT} that lists the datasets' tables")


def with_table(template: str, table: str, key: Sequence[Attribute]) -> str:
    """The template with one more table, which has this key.

    Raises:
        OperatorError: the name is taken, or there is no table to model it on.
    """
    tables = dataset_tables(template)
    resources = member(_root(template), "Resources")
    if any(name.value == table for name, _ in members(resources)):
        raise OperatorError(f"template.yaml has a resource {table} already")
    if not tables:
        raise OperatorError("template.yaml has no dataset's table to model a new one on")
    model = tables[-1]
    named = _named(model, table)
    edits = [_declared(template, resources, model, table, key)]
    for node, is_json in _mentions(template, model, tables):
        if is_json:
            edits.append(Edit.insertion(_json_end(template, node), f',"{table}":"${{{table}}}"'))
        else:
            item = template[node.start_mark.index : end_of(node)]
            separator = _separator(template, node)
            edits.append(Edit.insertion(end_of(node), separator + named(item)))
    return edited(template, edits)


def without_table(template: str, table: str) -> str:
    """The template without a table and without the places that name it.

    Raises:
        OperatorError: it is none of the datasets' tables, or the only one.
    """
    tables = dataset_tables(template)
    if table not in tables:
        raise OperatorError(f"template.yaml lists no table {table}; there are: {', '.join(tables)}")
    if len(tables) == 1:
        raise OperatorError(f"{table} is the only table: the next one is modelled on it")
    start, end = _block(template, member(_root(template), "Resources"), table)
    edits = [Edit(start=start, end=end, text="")]
    for node, is_json in _mentions(template, table, tables):
        if is_json:
            edits.append(_without_pair(template, node, table))
        else:
            edits.append(_without_item(template, node))
    return edited(template, edits)


# ---- the declaration


def _declared(
    template: str, resources: yaml.Node, model: str, table: str, key: Sequence[Attribute]
) -> Edit:
    start, end = _block(template, resources, model)
    properties = member(resources, model, "Properties")
    block = template[start:end].rstrip("\n")
    replaced = [
        Edit(start=node.start_mark.index - start, end=end_of(node) - start, text=text)
        for node, text in (
            (member(properties, "AttributeDefinitions"), _definitions(key)),
            (member(properties, "KeySchema"), _schema(key)),
        )
    ]
    # A list of its own lines becomes one in brackets behind its name.
    text = re.sub(r":[ ]*\n[ ]*\[\{", ": [{", edited(block, replaced))
    return Edit.insertion(end, _named(model, table)(text).rstrip("\n") + "\n\n")


def _definitions(key: Sequence[Attribute]) -> str:
    one = (f"{{ AttributeName: {_scalar(k.name)}, AttributeType: {k.kind} }}" for k in key)
    return f"[{', '.join(one)}]"


def _schema(key: Sequence[Attribute]) -> str:
    pairs = zip(key, KEY_TYPES, strict=False)
    one = (f"{{ AttributeName: {_scalar(k.name)}, KeyType: {kind} }}" for k, kind in pairs)
    return f"[{', '.join(one)}]"


def _scalar(text: str) -> str:
    """A text as YAML reads it back, also one such as `yes`, `1` or `a: b`."""
    is_plain = _PLAIN.fullmatch(text) and isinstance(yaml.safe_load(text), str)
    return text if is_plain else json.dumps(text)


def _block(template: str, resources: yaml.Node, table: str) -> tuple[int, int]:
    """Where a resource's lines begin and end, with the blank lines behind it."""
    for name, value in members(resources):
        if name.value == table:
            start = template.rindex("\n", 0, name.start_mark.index) + 1
            end = template.index("\n", end_of(value) - 1) + 1
            while template.startswith("\n", end):
                end += 1
            return start, end
    raise OperatorError(f"template.yaml lists the table {table}, but does not declare it")


# ---- the places that name a table


def _mentions(template: str, table: str, tables: Sequence[str]) -> Iterator[tuple[yaml.Node, bool]]:
    """The entries of lists that name a table, and the JSON texts that list all tables."""
    whole = re.compile(rf"\b{re.escape(table)}\b")
    for node, parent in nodes(_root(template)):
        if _names_in(node) == list(tables):
            yield node, True
        elif (
            isinstance(parent, yaml.SequenceNode)
            and isinstance(node, yaml.ScalarNode)
            and whole.search(node.value)
        ):
            yield node, False


def _names_in(node: yaml.Node) -> list[str] | None:
    """The tables that a JSON text such as `{"A":"${A}"}` lists; None for any other node."""
    if not isinstance(node, yaml.ScalarNode) or not str(node.value).startswith("{"):
        return None
    try:
        listed = json.loads(node.value)
    except ValueError:
        return None
    if not all(value == f"${{{name}}}" for name, value in listed.items()):
        return None
    return list(listed)


def _json_end(template: str, node: yaml.Node) -> int:
    return template.rindex("}", node.start_mark.index, end_of(node))


def _without_pair(template: str, node: yaml.Node, table: str) -> Edit:
    start, end = node.start_mark.index, end_of(node)
    pair = rf'"{re.escape(table)}"\s*:\s*"\$\{{{re.escape(table)}\}}"'
    found = re.search(rf",\s*{pair}|{pair}\s*,\s*", template[start:end])
    assert found, "the text was parsed as a list of tables"
    return Edit(start=start + found.start(), end=start + found.end(), text="")


def _separator(template: str, node: yaml.Node) -> str:
    """What stands between an entry of a list and the next: a comma, or a line and a dash."""
    start = node.start_mark.index
    line = template.rindex("\n", 0, start) + 1
    before = template[line:start]
    if before.strip() == "-":
        return "\n" + before
    return ", "


def _without_item(template: str, node: yaml.Node) -> Edit:
    start, end = node.start_mark.index, end_of(node)
    separator = _separator(template, node)
    if separator != ", ":
        return Edit(start=start - len(separator), end=end, text="")
    if template[:start].rstrip().endswith(","):
        return Edit(start=len(template[:start].rstrip()) - 1, end=end, text="")
    comma = re.compile(r"\s*,\s*").match(template, end)
    return Edit(start=start, end=comma.end() if comma else end, text="")


def _named(model: str, table: str) -> Callable[[str], str]:
    whole = re.compile(rf"\b{re.escape(model)}\b")
    return lambda text: whole.sub(table, text)


def _root(template: str) -> yaml.Node:
    return root_of(template, "template.yaml")
