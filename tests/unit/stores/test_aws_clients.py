"""When clients are made."""

from __future__ import annotations

import pytest

from stores.aws import at_init


@pytest.mark.parametrize(
    ("name", "made"), [("AWS_LAMBDA_FUNCTION_NAME", 1), ("SOME_OTHER_NAME", 0)]
)
def test_clients_are_made_at_once_by_lambda_alone(
    name: str, made: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    monkeypatch.setenv(name, "sluice-start-runs")
    clients: list[str] = []
    at_init(lambda: clients.append("client"))
    assert len(clients) == made
