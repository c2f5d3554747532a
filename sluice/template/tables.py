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
from dataclasses import dataclass, replace

import yaml

from sluice.template.yaml_text import (
    Edit,
    Resource,
    edited,
    end_of,
    member,
    members,
    nodes,
    refuse_taken,
    resources_of,
    root_of,
    scalar,
)
from sluice.terminal.exits import OperatorError

OUTPUT = "DatasetTables"
KEY_TYPES = ("HASH", "RANGE")


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
    for _, value in members(member(root_of(template), "Outputs", OUTPUT)):
        if (names := _names_in(value)) is not None:
            return names
    raise OperatorError(f"template.yaml has no output {OUTPUT} that lists the datasets' tables")


def with_table(template: str, table: str, key: Sequence[Attribute]) -> str:
    """The template with one more table, which has this key.

    Raises:
        OperatorError: the name is taken, or there is no table to model it on.
    """
    tables = dataset_tables(template)
    refuse_taken(template, table)
    if not tables:
        raise OperatorError("template.yaml has no dataset's table to model a new one on")
    model = tables[-1]
    named = _named(model, table)
    edits = [_declared(template, model, table, key)]
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
    declaration = _declaration(template, table)
    edits = [Edit(start=declaration.start, end=declaration.end, text="")]
    for node, is_json in _mentions(template, table, tables):
        if is_json:
            edits.append(_without_pair(template, node, table))
        else:
            edits.append(_without_item(template, node))
    return edited(template, edits)


# ---- the declaration


def _declared(template: str, model: str, table: str, key: Sequence[Attribute]) -> Edit:
    declaration = _declaration(template, model)
    start, end = declaration.start, declaration.end
    properties = member(declaration.value, "Properties")
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
    one = (f"{{ AttributeName: {scalar(k.name)}, AttributeType: {k.kind} }}" for k in key)
    return f"[{', '.join(one)}]"


def _schema(key: Sequence[Attribute]) -> str:
    pairs = zip(key, KEY_TYPES, strict=False)
    one = (f"{{ AttributeName: {scalar(k.name)}, KeyType: {kind} }}" for k, kind in pairs)
    return f"[{', '.join(one)}]"


def _declaration(template: str, table: str) -> Resource:
    """A table's declaration, with the blank lines behind it."""
    resource = resources_of(template).get(table)
    if resource is None:
        raise OperatorError(f"template.yaml lists the table {table}, but does not declare it")
    end = resource.end
    while template.startswith("\n", end):
        end += 1
    return replace(resource, end=end)


# ---- the places that name a table


def _mentions(template: str, table: str, tables: Sequence[str]) -> Iterator[tuple[yaml.Node, bool]]:
    """The entries of lists that name a table, and the JSON texts that list all tables."""
    whole = re.compile(rf"\b{re.escape(table)}\b")
    for node, parent in nodes(root_of(template)):
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
