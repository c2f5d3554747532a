"""Checkouts with something wrong in them."""

from pathlib import Path


def with_contract(folder: Path, text: str) -> None:
    """Make of a folder a checkout of one dataset, customers, whose contract's file holds `text`."""
    (folder / "functions" / "contracts").mkdir(parents=True)
    (folder / "functions" / "contracts" / "customers.json").write_text(text)
    (folder / "template.yaml").touch()
    (folder / "customers.csv").write_text("customer_id\n1\n")
