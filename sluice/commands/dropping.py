"""What `run` and `drop` have in common: the file's dataset and its way into the landing zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from sluice.rows.items import DatasetTable
from sluice.runs.drops import Drop, drop_file
from sluice.stack.cloud import Cloud
from sluice.stack.project import dataset_of, datasets, find_project, meant

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


def choose_dataset(path: Path, dataset: str | None) -> str:
    """The dataset that the option names, else the one that the file's name or folder gives.

    Raises:
        click.UsageError: neither names a dataset that has a contract.
    """
    known = datasets(find_project(Path.cwd()))
    chosen = dataset or dataset_of(path, known)
    if chosen in known:
        return chosen
    said = (
        f"there is no dataset {chosen}{meant(chosen, known)}"
        if chosen
        else f"the name of {path} does not tell its dataset, nor does its folder"
    )
    raise click.UsageError(f"{said}; add --dataset with one of: {', '.join(known)}")


def drops(cloud: Cloud, chosen: Sequence[tuple[Path, str]]) -> Iterator[Drop]:
    """Upload each file to its dataset, now.

    Raises:
        NotFoundError: the stack knows one of the datasets not yet; then nothing is dropped.
    """
    for dataset in dict.fromkeys(dataset for _, dataset in chosen):
        DatasetTable.find(cloud, find_project(Path.cwd()), dataset)
    return (drop_file(cloud, path, dataset=dataset) for path, dataset in chosen)
