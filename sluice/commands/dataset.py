"""`sluice dataset add|list|sync|remove`: the datasets of this checkout."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pipeline.contracts.contract import Contract
from pipeline.contracts.contract_shelf import load_contract
from pipeline.errors import ContractError, FileRefusedError
from pipeline.text.byte_source import LocalFile
from pipeline.text.file_text import head_of
from pipeline.text.object_check import MAGIC_BYTES, judge_object
from sluice.contracts.datasets import (
    addition,
    first_records,
    removal,
    republished,
    sample_path,
)
from sluice.contracts.drafts import draft
from sluice.contracts.trials import problems
from sluice.options import operator_options, settings
from sluice.stack import local
from sluice.stack.contracts import contract_path, known_contract
from sluice.stack.project import dataset_name, dataset_of, datasets, find_project
from sluice.template.catalog import logical_id
from sluice.terminal.exits import Exit, OperatorError
from sluice.terminal.output import put, put_json, put_lines, say
from sluice.terminal.render import table

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("dataset")
@operator_options
def command() -> None:
    """Add, list, sync and remove datasets of this checkout."""


@command.command("add")
@click.argument("file", type=_FILE)
@click.option("--name", help="Name of the dataset; the file's name if left out.")
@click.option("--contract", "contract_file", type=_FILE, help="Take this contract, draft none.")
@operator_options
def add(file: Path, name: str | None, contract_file: Path | None) -> None:
    """Draft a contract from FILE, and add it with its tables to template.yaml.

    FILE must be accepted whole by the contract; otherwise nothing is written, and the rows that do
    not fit are told. Ends with 1 then.
    """
    project = find_project(Path.cwd())
    document = _document(file, name, contract_file)
    contract = Contract.parse(document)
    change = addition(project, document, _sample(file, contract))
    if found := problems(file, contract):
        say(f"{file} does not fit the contract, so nothing was written:")
        say(*(f"  {problem}" for problem in found))
        say(
            f"draft one by `sluice contract infer {shlex.quote(str(file))}`, mend it, "
            "and add it by --contract"
        )
        click.get_current_context().exit(Exit.RUN_FAILED)
    change.carry_out(project)
    if settings().json:
        put_json({"dataset": contract.dataset, "files": list(change.contents)}, indent=2)
        return
    put(f"dataset {contract.dataset}: table {contract.table}, key {_key(contract)}")
    put_lines(f"  wrote {path}" for path in change.contents)
    if local.running(project):
        say("a local cloud is running, without the new table: sluice --local deploy")
    say(f"next: sluice --local run {shlex.quote(str(file))}{_named(file, contract)}")


@command.command("list")
@operator_options
def list_datasets() -> None:
    """List the datasets of this checkout."""
    project = find_project(Path.cwd())
    contracts = [known_contract(project, name) for name in datasets(project)]
    if settings().json:
        put_json({"datasets": [_told(contract) for contract in contracts]}, indent=2)
        return
    rows = [
        [c.dataset, c.table, _key(c), str(len(c.fields)), c.write_mode, c.version]
        for c in contracts
    ]
    heads = ["dataset", "table", "key", "fields", "mode", "contract"]
    put_lines(table(heads, rows, right=["fields"]))


@command.command("sync")
@click.argument("name")
@operator_options
def sync(name: str) -> None:
    """Give the published table of NAME in template.yaml the columns of its contract."""
    project = find_project(Path.cwd())
    republished(project, name).carry_out(project)
    put(f"{logical_id(name)} in template.yaml has the columns of {contract_path(name)}")


@command.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@operator_options
def remove(name: str, *, yes: bool) -> None:
    """Remove the dataset NAME from this checkout; a deployed table stays, with its items."""
    project = find_project(Path.cwd())
    change = removal(project, name)
    if not yes:
        click.confirm(
            f"remove {contract_path(name)}, {sample_path(name)} and its tables?", abort=True
        )
    change.carry_out(project)
    put(f"removed the dataset {name}")
    say("the next deployment leaves its table behind: delete that by hand if nobody needs it")


def _document(file: Path, name: str | None, contract_file: Path | None) -> dict[str, Any]:
    try:
        if contract_file is None:
            drafted = draft(file, name or dataset_name(file))
            say(*(f"look: {words}" for words in drafted.remarks))
            if drafted.is_partial:
                raise OperatorError(
                    f"{file} needs a person's word before it is a dataset: draft its contract by "
                    f"`sluice contract infer {shlex.quote(str(file))}`, and add it by --contract"
                )
            return drafted.document
        document = dict(load_contract(contract_file).doc)
    except (FileRefusedError, ContractError) as error:
        reason = error.message if isinstance(error, FileRefusedError) else str(error)
        raise OperatorError(f"{contract_file or file}: {reason}") from error
    return {**document, "name": name} if name else document


def _sample(file: Path, contract: Contract) -> bytes:
    source = LocalFile(file)
    compression = judge_object(file.name, source.size_bytes, source.read(0, MAGIC_BYTES))
    return first_records(head_of(source, compression), contract.dialect)


def _named(file: Path, contract: Contract) -> str:
    """The option that says the dataset, where the file's name does not."""
    is_told = dataset_of(file, datasets(find_project(Path.cwd()))) == contract.dataset
    return "" if is_told else f" --dataset {contract.dataset}"


def _told(contract: Contract) -> Mapping[str, Any]:
    return {
        "dataset": contract.dataset,
        "table": contract.table,
        "key": list(contract.primary_key),
        "fields": len(contract.fields),
        "write_mode": contract.write_mode,
        "contract_version": contract.version,
    }


def _key(contract: Contract) -> str:
    return " + ".join(contract.primary_key)
