"""The contracts of a checkout: where they lie, and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.contracts.contract import Contract
from pipeline.contracts.contract_shelf import load_contract
from pipeline.errors import ContractError
from sluice.stack.project import datasets, unknown_dataset
from sluice.terminal.exits import OperatorError


def contract_path(dataset: str) -> str:
    """Where a dataset's contract lies below the checkout."""
    return f"functions/contracts/{dataset}.json"


def known_contract(project: Path, dataset: str) -> Contract:
    """The contract of a dataset of the checkout.

    Raises:
        NotFoundError: there is no such dataset.
        OperatorError: its contract cannot be honoured.
    """
    known = datasets(project)
    if dataset not in known:
        raise unknown_dataset(dataset, known)
    return contract_in(project / contract_path(dataset))


def contract_in(path: Path) -> Contract:
    """The contract in a file.

    Raises:
        OperatorError: there is none, or it cannot be honoured: which file, where and why.
    """
    with telling_where(path):
        return load_contract(path)


@contextmanager
def telling_where(path: Path) -> Iterator[None]:
    """Tell what is wrong with the contract in a file with the file's name.

    Raises:
        OperatorError: it cannot be used or read.
    """
    try:
        yield
    except ContractError as error:
        raise OperatorError(f"{path}: {error}") from error
    except OSError as error:
        raise OperatorError(f"cannot read {path}: {error.strerror}") from error
