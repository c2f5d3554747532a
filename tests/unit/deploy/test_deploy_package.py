import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from localcloud.deploy.errors import DeployError
from localcloud.deploy.package import package, zip_folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "functions" / "__pycache__").mkdir(parents=True)
    (tmp_path / "functions" / "app.py").write_text("handler = print\n")
    (tmp_path / "functions" / "__pycache__" / "app.pyc").write_bytes(b"x")
    (tmp_path / "machine.asl.json").write_text('{"StartAt": "Z", "States": {"Z": 1, "A": 2}}')
    (tmp_path / "job.py").write_text("print(1)\n")
    return tmp_path


def packaged(project: Path, template: dict[str, Any]) -> Any:
    return package(template, root=project, bucket="artifacts", prefix="demo")


def test_the_archive_holds_sources_only_and_does_not_depend_on_when_it_is_made(
    project: Path,
) -> None:
    first = zip_folder(project / "functions")
    (project / "functions" / "app.py").touch()
    assert zip_folder(project / "functions") == first
    assert zipfile.ZipFile(io.BytesIO(first)).namelist() == ["app.py"]


def test_functions_that_share_a_folder_share_a_package(project: Path) -> None:
    template = {
        "Globals": {"Function": {"CodeUri": "functions/"}},
        "Resources": {
            "A": {"Type": "AWS::Serverless::Function", "Properties": {}},
            "B": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "functions/"}},
        },
    }
    result = packaged(project, template)
    (key,) = result.artifacts
    assert result.template["Globals"]["Function"]["CodeUri"] == f"s3://artifacts/{key}"
    assert result.template["Resources"]["B"]["Properties"]["CodeUri"] == f"s3://artifacts/{key}"
    assert template["Globals"] == {"Function": {"CodeUri": "functions/"}}, "the input stays"


def test_a_default_that_no_function_takes_is_left_alone(project: Path) -> None:
    """`sam package` leaves it in what it writes, where it leads nowhere."""
    function = {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "s3://b/k.zip"}}
    template = {"Globals": {"Function": {"CodeUri": "gone/"}}, "Resources": {"F": function}}
    assert packaged(project, template).template == template


def test_layers_are_packaged(project: Path) -> None:
    layer = {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "functions/"}}
    result = packaged(project, {"Resources": {"L": layer}})
    (key,) = result.artifacts
    assert result.template["Resources"]["L"]["Properties"]["ContentUri"] == f"s3://artifacts/{key}"


def test_definitions_and_scripts_are_uploaded_byte_for_byte(project: Path) -> None:
    template = {
        "Resources": {
            "M": {
                "Type": "AWS::Serverless::StateMachine",
                "Properties": {"DefinitionUri": "machine.asl.json"},
            },
            "J": {
                "Type": "AWS::Glue::Job",
                "Properties": {"Command": {"ScriptLocation": "job.py"}},
            },
        }
    }
    result = packaged(project, template)
    contents = {Path(key).suffix: content for key, content in result.artifacts.items()}
    assert contents[".json"] == (project / "machine.asl.json").read_bytes()
    assert contents[".py"] == b"print(1)\n"


def test_places_in_s3_are_left_alone(project: Path) -> None:
    template = {
        "Resources": {
            "F": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "s3://b/k.zip"}}
        }
    }
    result = packaged(project, template)
    assert result.template == template
    assert not result.artifacts


def test_a_missing_folder_is_named(project: Path) -> None:
    template = {
        "Resources": {
            "F": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "nowhere/"}}
        }
    }
    with pytest.raises(DeployError, match="nowhere"):
        packaged(project, template)
