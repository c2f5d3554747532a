"""Bytecode is kept for a package of exactly one content, and is there again beside its modules."""

from __future__ import annotations

from pathlib import Path

from localcloud.lambdas.bytecode import Bytecode


def _compiled(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / "rules" / "__pycache__" / f"{name}.pyc"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def _found(folder: Path) -> set[str]:
    return {path.stem for path in folder.rglob("*.pyc")}


def test_what_workers_compiled_is_there_in_the_next_cloud(tmp_path: Path) -> None:
    Bytecode.of(b"a", tmp_path / "cache").keep(_compiled(tmp_path / "first", "form"))
    Bytecode.of(b"a", tmp_path / "cache").restore(tmp_path / "second")
    assert _found(tmp_path / "second") == {"form"}
    Bytecode.of(b"a", tmp_path / "cache").keep(_compiled(tmp_path / "second", "limit"))
    Bytecode.of(b"a", tmp_path / "cache").restore(tmp_path / "third")
    assert _found(tmp_path / "third") == {"form", "limit"}


def test_another_package_has_none(tmp_path: Path) -> None:
    Bytecode.of(b"a", tmp_path / "cache").keep(_compiled(tmp_path / "first", "form"))
    Bytecode.of(b"b", tmp_path / "cache").restore(tmp_path / "second")
    assert _found(tmp_path / "second") == set()


def test_a_damaged_archive_is_as_none_and_is_written_anew(tmp_path: Path) -> None:
    bytecode = Bytecode.of(b"a", tmp_path)
    bytecode.archive.write_text("no archive")
    bytecode.restore(tmp_path / "first")
    assert _found(tmp_path / "first") == set()
    bytecode.keep(_compiled(tmp_path / "first", "form"))
    bytecode.restore(tmp_path / "second")
    assert _found(tmp_path / "second") == {"form"}
