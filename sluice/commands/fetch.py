"""`sluice fetch RUN`: the files of a run, as they were dropped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import click

from sluice.options import open_cloud, operator_options, settings
from sluice.runs.mending import chosen_files
from sluice.runs.originals import original
from sluice.runs.run import RunFile
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import read_run
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError, OperatorError
from sluice.terminal.output import put, put_json


@click.command("fetch")
@click.argument("run")
@click.option("--file", "name", metavar="NAME", help="Only this file of the run.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=Path(),
    help="Folder for the files; this one without it.",
)
@operator_options
def command(run: str, name: str | None, out: Path) -> None:
    """Bring the originals of RUN from archive, quarantine or landing zone, byte for byte."""
    cloud = open_cloud()
    found = read_run(cloud, find_run_id(cloud, run))
    files = chosen_files(found, name)
    if not files:
        raise NotFoundError(f"{found.run_id} names no file")
    fetched = [(file.key, _fetch(cloud, file, out)) for file in files]
    if settings().json:
        put_json([{"key": key, "file": str(path)} for key, path in fetched])
        return
    for _, path in fetched:
        put(str(path))


def _fetch(cloud: Cloud, file: RunFile, folder: Path) -> Path:
    """Bring one file under its own name, or with a number where that is taken."""
    path = next(path for path in _names(folder, file.key) if not path.exists())
    body = original(cloud, file)
    try:
        with path.open("xb") as target:
            shutil.copyfileobj(body, target)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}") from error
    return path


def _names(folder: Path, key: str) -> Iterator[Path]:
    name = key.rpartition("/")[2] or "file"
    yield folder / name
    stem, dot, ending = name.partition(".")
    for number in range(2, 10_000):
        yield folder / f"{stem}-{number}{dot}{ending}"
