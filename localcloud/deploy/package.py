"""What `sam package` does: local paths in the template become places in S3.

Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-cli-command-reference-sam-package.html
"""

from __future__ import annotations

import copy
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from localcloud.deploy.errors import DeployError

Template = dict[str, Any]
LEFT_OUT = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time a zip file can hold: equal sources give equal packages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Packaged:
    """A template without local paths, and what has to lie in S3 for it (key to content)."""

    template: Template
    artifacts: dict[str, bytes]


def zip_folder(folder: Path) -> bytes:
    """The files below a folder as a zip archive, without caches of the Python tools.

    Raises:
        DeployError: the folder does not exist.
    """
    if not folder.is_dir():
        raise DeployError(f"there is no folder {folder} to package")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in files_below(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
            archive.writestr(entry, path.read_bytes())
    return content.getvalue()


def files_below(*roots: Path) -> Iterator[Path]:
    """Yield files, and those below folders in the order of their paths, without caches."""
    for root in roots:
        for path in (root, *sorted(root.rglob("*"))) if root.is_dir() else (root,):
            if path.is_file() and not LEFT_OUT.intersection(path.parts):
                yield path


def package(template: Template, *, root: Path, bucket: str, prefix: str) -> Packaged:
    """Replace the local paths of a SAM template; `root` is the folder that they start from.

    Raises:
        DeployError: a path leads nowhere.
    """
    packer = _Packer(root=root, bucket=bucket, prefix=prefix)
    return Packaged(template=_replaced(template, packer), artifacts=packer.artifacts)


def local_paths(template: Template) -> set[str]:
    """The local paths that a template names."""
    lister = _Lister()
    _replaced(template, lister)
    return lister.paths


def _replaced(template: Template, packer: _Places) -> Template:
    packed = copy.deepcopy(template)
    default_code = packed.get("Globals", {}).get("Function", {}).get("CodeUri")
    if isinstance(default_code, str) and _takes_the_default(packed):
        packed["Globals"]["Function"]["CodeUri"] = packer.folder(default_code)
    for resource in packed.get("Resources", {}).values():
        _PACKERS.get(resource.get("Type"), _leave)(packer, resource.get("Properties", {}))
    return packed


def _takes_the_default(template: Template) -> bool:
    """Whether some function names no code of its own; after `sam package` none does."""
    functions = (
        resource.get("Properties", {})
        for resource in template.get("Resources", {}).values()
        if resource.get("Type") == "AWS::Serverless::Function"
    )
    return any("CodeUri" not in properties for properties in functions)


class _Places(Protocol):
    """Gives the place of what lies at a local path."""

    def folder(self, path: str) -> str:
        """The place of a folder's archive."""

    def file(self, path: str) -> str:
        """The place of a file."""


class _Lister:
    """Leaves every path as it is, and remembers it."""

    def __init__(self) -> None:
        self.paths: set[str] = set()

    def folder(self, path: str) -> str:
        return self.file(path)

    def file(self, path: str) -> str:
        if "://" not in path:
            self.paths.add(path)
        return path


class _Packer:
    def __init__(self, *, root: Path, bucket: str, prefix: str) -> None:
        self._root = root
        self._bucket = bucket
        self._prefix = prefix
        self._done: dict[str, str] = {}
        self.artifacts: dict[str, bytes] = {}

    def folder(self, path: str) -> str:
        return self._add(path, lambda: zip_folder(self._root / path), suffix=".zip")

    def file(self, path: str) -> str:
        return self._add(path, lambda: self._read(path), suffix=Path(path).suffix)

    def _read(self, path: str) -> bytes:
        try:
            return (self._root / path).read_bytes()
        except OSError as error:
            raise DeployError(f"cannot read {path}: {error.strerror}") from error

    def _add(self, path: str, read: Callable[[], bytes], *, suffix: str) -> str:
        if "://" in path:
            return path
        if path not in self._done:
            content = read()
            key = f"{self._prefix}/{hashlib.sha256(content).hexdigest()[:32]}{suffix}"
            self.artifacts[key] = content
            self._done[path] = f"s3://{self._bucket}/{key}"
        return self._done[path]


def _leave(_packer: _Places, _properties: Template) -> None:
    """Nothing in such a resource is a path."""


def _function(packer: _Places, properties: Template) -> None:
    if isinstance(path := properties.get("CodeUri"), str):
        properties["CodeUri"] = packer.folder(path)


def _layer(packer: _Places, properties: Template) -> None:
    if isinstance(path := properties.get("ContentUri"), str):
        properties["ContentUri"] = packer.folder(path)


def _state_machine(packer: _Places, properties: Template) -> None:
    if isinstance(path := properties.get("DefinitionUri"), str):
        properties["DefinitionUri"] = packer.file(path)


def _glue_job(packer: _Places, properties: Template) -> None:
    if isinstance(path := properties["Command"].get("ScriptLocation"), str):
        properties["Command"]["ScriptLocation"] = packer.file(path)


_PACKERS = {
    "AWS::Serverless::Function": _function,
    "AWS::Serverless::LayerVersion": _layer,
    "AWS::Serverless::StateMachine": _state_machine,
    "AWS::Glue::Job": _glue_job,
}
