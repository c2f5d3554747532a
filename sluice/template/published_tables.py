"""The published tables of datasets in the text of `template.yaml`: one more, less, or anew."""

from __future__ import annotations

from pipeline.contracts.contract import Contract
from sluice.template.catalog import declaration, logical_id
from sluice.template.yaml_text import Edit, Resource, edited, members, refuse_taken, resources_of
from sluice.terminal.exits import OperatorError

_TYPE = "AWS::Glue::Table"


def with_published(template: str, contract: Contract) -> str:
    """The template with the published table of a dataset, as its contract wants it now.

    A new one stands behind those that there are.

    Raises:
        OperatorError: the template has another resource of this name, or no published table.
    """
    tables = _published(template)
    name = logical_id(contract.dataset)
    if table := tables.get(name):
        edit = Edit(start=table.start, end=table.end, text=declaration(contract))
        return edited(template, [edit])
    refuse_taken(template, name)
    if not tables:
        raise OperatorError("template.yaml has no published table to put a new one behind")
    last = max(table.end for table in tables.values())
    return edited(template, [Edit.insertion(last, "\n" + declaration(contract))])


def without_published(template: str, dataset: str) -> str:
    """The template without the published table of a dataset; it may have none."""
    table = _published(template).get(logical_id(dataset))
    if table is None:
        return template
    blank = template[: table.start].endswith("\n\n")
    return edited(template, [Edit(start=table.start - blank, end=table.end, text="")])


def _published(template: str) -> dict[str, Resource]:
    return {
        name: resource
        for name, resource in resources_of(template).items()
        if any(k.value == "Type" and v.value == _TYPE for k, v in members(resource.value))
    }
