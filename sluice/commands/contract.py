"""`sluice contract infer|check|diff`: contracts before they are deployed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from pipeline.contracts.contract import Contract
from pipeline.errors import ContractError, FileRefusedError
from sluice.contracts.diff import differences
from sluice.contracts.drafts import MAX_ROWS, draft
from sluice.contracts.trials import problems
from sluice.options import operator_options, settings
from sluice.stack.contracts import contract_in
from sluice.stack.deployable import deployable
from sluice.stack.project import dataset_name, find_project
from sluice.terminal.exits import Exit, OperatorError
from sluice.terminal.output import put, put_json, put_lines, say
from sluice.terminal.render import table

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("contract")
@operator_options
def command() -> None:
    """Draft, check and compare contracts."""


@command.command("infer")
@click.argument("file", type=_FILE)
@click.option("--name", help="Name of the dataset; the file's name if left out.")
@click.option("--encoding", help="The file's encoding, where it cannot be told from its bytes.")
@click.option("--header-line", type=click.IntRange(min=1), help="The line that names the columns.")
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    default=MAX_ROWS,
    show_default=True,
    help="Look at no more rows than these.",
)
@operator_options
def infer(
    file: Path, name: str | None, encoding: str | None, header_line: int | None, rows: int
) -> None:
    """Draft a contract for FILE, try it on FILE, and tell what does not fit.

    What the file leaves open and what constraints rest on is told as well. Ends with 1 unless the
    draft accepts FILE whole.
    """
    try:
        drafted = draft(
            file,
            name or dataset_name(file),
            encoding=encoding,
            header_line=header_line,
            max_rows=rows,
        )
    except (FileRefusedError, ContractError) as error:
        message = error.message if isinstance(error, FileRefusedError) else str(error)
        raise OperatorError(f"{file}: {message}") from error
    put_json(drafted.document, indent=2)
    found = problems(file, Contract.parse(drafted.document), drafted.rows)
    say(*(f"note: {words}" for words in drafted.evidence))
    say(*(f"look: {words}" for words in drafted.remarks))
    if found:
        say(f"{file} is not accepted whole by this draft:", *(f"  {problem}" for problem in found))
    elif drafted.is_partial:
        say(f"{file} fits this draft, but may mean something else: see above")
    if found or drafted.is_partial:
        click.get_current_context().exit(Exit.RUN_FAILED)


@command.command("check")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@operator_options
def check(files: Sequence[Path]) -> None:
    """Tell whether contracts can be honoured, and if not, where and why."""
    problems = {str(file): _problem(file) for file in files}
    if settings().json:
        listed = [{"file": file, "problem": problem} for file, problem in problems.items()]
        put_json({"contracts": listed}, indent=2)
    else:
        for file, problem in problems.items():
            put(f"{file}: {problem or 'can be honoured'}")
    if any(problems.values()):
        click.get_current_context().exit(Exit.RUN_FAILED)


@command.command("diff")
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@operator_options
def diff(old: Path, new: Path) -> None:
    """Tell what a change from OLD to NEW means for files and tables; ends with 1 if it breaks any.

    A change breaks if a file or row that OLD accepts may be refused by NEW, or if the table's items
    look different to whoever reads them.
    """
    found = differences(contract_in(old), contract_in(new))
    if settings().json:
        put_json({"differences": [asdict(one) for one in found]}, indent=2)
    elif found:
        put_lines(
            table(
                ["effect", "where", "what it means"],
                [[one.effect, one.where, one.meaning] for one in found],
            )
        )
    else:
        put("both say the same")
    if any(one.effect == "breaking" for one in found):
        click.get_current_context().exit(Exit.RUN_FAILED)


def _problem(file: Path) -> str | None:
    """What keeps a contract from being deployed; None if nothing does."""
    try:
        deployable(file, find_project(Path.cwd()))
    except ContractError as error:
        return str(error)
    return None
