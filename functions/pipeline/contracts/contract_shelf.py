"""The contracts that are deployed beside the code: one file per dataset."""

import json
from functools import cache
from pathlib import Path

from pipeline.contracts.contract import Contract
from pipeline.errors import ContractError, EventError

MAX_BYTES = 1024 * 1024
"""Of a contract's file: 500 fields with long descriptions take a third of it."""

DIRECTORY = Path(__file__).parents[2] / "contracts"


@cache
def contract_of(dataset: str) -> Contract | None:
    """Return the contract of a dataset; None if there is none.

    Raises:
        ContractError: The file cannot be honoured, or is named after another dataset.
    """
    path = DIRECTORY / f"{dataset}.json"
    if not dataset or path.parent != DIRECTORY or not path.is_file():
        return None
    contract = load_contract(path)
    if contract.dataset != dataset:
        raise ContractError("name", f"is {contract.dataset!r} in {path.name}")
    return contract


def known_contract(dataset: str) -> Contract:
    """Return the contract of a dataset that an earlier state found.

    Raises:
        EventError: There is none.
        ContractError: It cannot be honoured.
    """
    contract = contract_of(dataset)
    if contract is None:
        raise EventError(f"no contract for the dataset {dataset!r}")
    return contract


def datasets() -> list[str]:
    """Return the names of all datasets."""
    return sorted(path.stem for path in DIRECTORY.glob("*.json"))


def load_contract(path: Path) -> Contract:
    """Return the contract in a file; a byte order mark is skipped.

    Raises:
        ContractError: It is no JSON, too large, or cannot be honoured.
    """
    with path.open("rb") as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise ContractError("", f"{path.name} is larger than {MAX_BYTES} bytes")
    try:
        return Contract.parse(json.loads(text.decode("utf-8-sig")))
    except ValueError as error:
        raise ContractError("", f"{path.name} is not JSON in UTF-8: {error}") from error
    except RecursionError:
        raise ContractError("", f"{path.name} nests too deeply") from None
