"""Which contracts may be deployed: what every way of deploying asks, and `sluice contract check`.

`python -m sluice.stack.deployable` asks it of the checkout it is run in: exit code 1 and a line
on stderr where one may not.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.contracts.contract import Contract
from pipeline.contracts.contract_shelf import load_contract
from pipeline.errors import ContractError
from sluice.stack.contracts import contract_path, telling_where
from sluice.stack.project import TEMPLATE, datasets, find_project, meant
from sluice.template.catalog import logical_id
from sluice.template.published_tables import with_published
from sluice.template.tables import dataset_tables
from sluice.terminal.exits import OperatorError


def require_deployable(project: Path) -> None:
    """See to it that each contract of a checkout may be deployed.

    Raises:
        OperatorError: one may not: which file, where and why; or the template is none.
    """
    for dataset in datasets(project):
        file = project / contract_path(dataset)
        with telling_where(file):
            deployable(file, project)


def deployable(file: Path, project: Path) -> Contract:
    """The contract in a file, which the template of a checkout has the tables for.

    Raises:
        ContractError: it cannot be honoured, or does not fit its file's name or the template.
        OperatorError: the template is none.
    """
    contract = load_contract(file)
    if file.stem != contract.dataset:
        said = f"is {contract.dataset!r}, so the file must be {contract.dataset}.json"
        raise ContractError("name", said)
    template = (project / TEMPLATE).read_text(encoding="utf-8")
    tables = dataset_tables(template)
    if contract.table not in tables:
        near = meant(contract.table, tables)
        raise ContractError("sluice.table", f"{TEMPLATE} declares no table {contract.table}{near}")
    if with_published(template, contract) != template:
        said = (
            f"{logical_id(contract.dataset)} in {TEMPLATE} has other columns: "
            f"sluice dataset sync {contract.dataset}"
        )
        raise ContractError("schema.fields", said)
    return contract


if __name__ == "__main__":
    try:
        require_deployable(find_project(Path.cwd()))
    except OperatorError as error:
        sys.exit(error.format_message())
