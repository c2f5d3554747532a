"""The SAM transform runs once for each template, and what it refuses is told each time."""

import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.deploy.errors import DeployError
from localcloud.deploy.translate import translate

SAM = "AWS::Serverless-2016-10-31"


def translated(cache: Path, handler: str, **more: Any) -> dict[str, Any]:
    code = {"CodeUri": "s3://b/k", "Handler": handler, "Runtime": "python3.13"}
    function = {"Type": "AWS::Serverless::Function", "Properties": code}
    template = {"Transform": SAM, "Resources": {"Load": function}, **more}
    return translate(template, parameters={}, region="eu-central-1", cache_dir=cache)


def test_a_template_is_translated_once(tmp_path: Path) -> None:
    first = translated(tmp_path, "a.handler")
    assert first["Resources"]["Load"]["Type"] == "AWS::Lambda::Function"
    [kept] = tmp_path.rglob("*.json")
    kept.write_text(kept.read_text().replace("a.handler", "kept.handler"))
    again = translated(tmp_path, "a.handler")
    assert again["Resources"]["Load"]["Properties"]["Handler"] == "kept.handler"


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff", b"{}", b"[1]"])
def test_what_is_damaged_is_translated_again(tmp_path: Path, damage: bytes) -> None:
    first = translated(tmp_path, "a.handler")
    [kept] = tmp_path.rglob("*.json")
    kept.write_bytes(damage)
    assert translated(tmp_path, "a.handler") == first
    assert json.loads(kept.read_text())["template"]["Resources"] == first["Resources"]


def test_another_template_is_another_translation(tmp_path: Path) -> None:
    assert translated(tmp_path, "a.handler") != translated(tmp_path, "b.handler")


def test_a_refusal_names_the_reason(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(DeployError, match="Nonsense"):
            translated(tmp_path, "a.handler", Globals={"Function": {"Nonsense": 1}})


def test_a_template_without_transform_stays_as_it_is(tmp_path: Path) -> None:
    template = {"Resources": {"A": {"Type": "AWS::SQS::Queue"}}}
    assert translate(template, parameters={}, region="x", cache_dir=tmp_path) == template
    assert list(tmp_path.iterdir()) == []
