"""Items come back from the journal as they were, in a time that grows with their size alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, LimitedSizeDict
from moto.dynamodb.models.table import Table

from localcloud import corrections
from localcloud.persistence.items import ItemKeeper

ACCOUNT, REGION = "222222222222", "eu-central-1"
WIDE = {"pk": {"S": "a"}} | {f"column_{n}": {"N": str(n)} for n in range(300)}


def tables() -> dict[str, Any]:
    backends: Any = dynamodb_backends[ACCOUNT]
    return backends[REGION].tables


@pytest.fixture
def table() -> Any:
    corrections.apply()
    tables()["wide"] = Table(
        "wide",
        account_id=ACCOUNT,
        region=REGION,
        schema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        attr=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    yield tables()["wide"]
    tables().clear()


def test_a_restored_item_is_not_measured_again_for_each_of_its_attributes(
    table: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.put_item(WIDE)
    ItemKeeper(tmp_path / "items.journal", account=ACCOUNT).close()
    tables().clear()
    measured: list[DynamoType] = []
    monkeypatch.setattr(DynamoType, "size", lambda self: measured.append(self) or 0)
    ItemKeeper(tmp_path / "items.journal", account=ACCOUNT).close()
    [item] = tables()["wide"].all_items()
    assert {name: value.to_json() for name, value in item.attrs.items()} == WIDE
    assert measured == []


def test_what_is_written_to_a_restored_item_is_measured(table: Any, tmp_path: Path) -> None:
    table.put_item(WIDE)
    ItemKeeper(tmp_path / "items.journal", account=ACCOUNT).close()
    tables().clear()
    ItemKeeper(tmp_path / "items.journal", account=ACCOUNT).close()
    [item] = tables()["wide"].all_items()
    assert type(item.attrs) is LimitedSizeDict
    with pytest.raises(Exception, match="Item size"):
        item.attrs["more"] = DynamoType({"S": "x" * 500_000})
