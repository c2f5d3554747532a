"""The published tables of datasets in the text of `template.yaml`: one more, less, or anew."""

from __future__ import annotations

from pipeline.contracts.contract import Contract
from sluice.template.catalog import declaration, logical_id
from sluice.template.yaml_text import Edit, edited, end_of, member, members, root_of
from sluice.terminal.exits import OperatorError

_TYPE = "AWS::Glue::Table"


def with_published(template: str, contract: Contract) -> str:
    """The template with the published table of a dataset, as its contract wants it now.

    A new one stands behind those that there are.

    Raises:
        OperatorError: the template has another resource of this name, or no published table.
    """
    blocks = _blocks(template)
    name = logical_id(contract.dataset)
    if name in blocks:
        start, end = blocks[name]
        return edited(template, [Edit(start=start, end=end, text=declaration(contract))])
    resources = member(root_of(template, "template.yaml"), "Resources")
    if any(key.value == name for key, _ in members(resources)):
        raise OperatorError(f"template.yaml has a resource {name} already")
    if not blocks:
        raise OperatorError("template.yaml has no published table to put a new one behind")
    last = max(end for _, end in blocks.values())
    return edited(template, [Edit.insertion(last, "\n" + declaration(contract))])


def without_published(template: str, dataset: str) -> str:
    """The template without the published table of a dataset; it may have none."""
    block = _blocks(template).get(logical_id(dataset))
    if block is None:
        return template
    start, end = block
    blank = template[:start].endswith("\n\n")
    return edited(template, [Edit(start=start - blank, end=end, text="")])


def _blocks(template: str) -> dict[str, tuple[int, int]]:
    """Where the lines of each published table begin and end."""
    found = {}
    for name, value in members(member(root_of(template, "template.yaml"), "Resources")):
        if any(k.value == "Type" and v.value == _TYPE for k, v in members(value)):
            start = template.rindex("\n", 0, name.start_mark.index) + 1
            found[name.value] = start, template.index("\n", end_of(value) - 1) + 1
    return found
