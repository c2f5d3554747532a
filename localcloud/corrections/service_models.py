"""botocore parses the model of a service again for each session, and moto does so besides.

Here every file is parsed once for the whole process, without its texts for people: for a template
of 14 services, that is the difference between 80 MB and 20.  What was made of a file is kept for
the next cloud, which reads it in a fifth of the time.  Whether there is a service is asked of the
one folder of its name, not by a look into the folders of all 420.
"""

from __future__ import annotations

import functools
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader
from moto.core.loaders import moto_root

from localcloud.derived import derived


def parse_once() -> None:
    """Let all sessions share what is parsed; harmless when they do already."""
    files: Any = JSONFileLoader
    whole = files.load_file
    if hasattr(whole, "__wrapped__"):
        return

    @functools.wraps(whole)
    def load(_loader: Any, path: str) -> Any:
        return _parse(path) if _is_changed_later(path) else _remembered(path)

    files.load_file = load
    loader: Any = Loader
    loader.list_available_services = _folders


def _folders(loader: Loader, type_name: str) -> list[str]:
    """The services of the folders that are searched; botocore also looks for a model in each."""
    del type_name  # a service without it has no version of it, which is the next thing asked
    places: list[str] = loader._potential_locations()  # type: ignore[attr-defined]  # noqa: SLF001
    return list(_names(tuple(places)))


@functools.cache
def _names(places: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({name for place in places for name in os.listdir(place)}))  # noqa: PTH208


def _is_changed_later(path: str) -> bool:
    """Whether moto merges something into this model, which its clients must not see."""
    service, version, kind = Path(path).parts[-3:]
    additions = Path(moto_root, service, version, f"{kind}.moto-extras.json.gz")
    return additions.exists()


@functools.cache
def _remembered(path: str) -> Any:
    return _parse(path)


def _parse(path: str) -> Any:
    """What a file holds, named without its ending; None if there is no such file."""
    for ending, read in _READERS:
        if (file := Path(path + ending)).is_file():
            return derived(file.read_bytes(), read, kind="models", by=f"{_CODE}{ending}")
    return None


def _without_text(found: dict[str, Any]) -> dict[str, Any]:
    """Blank an object's documentation; a shape may have a member of that name, which is no text."""
    if isinstance(found.get("documentation"), str):
        found["documentation"] = ""
    return found


def _read(content: bytes) -> Any:
    return json.loads(content, object_hook=_without_text)


_READERS: tuple[tuple[str, Callable[[bytes], Any]], ...] = (
    (".json", _read),
    (".json.gz", lambda content: _read(gzip.decompress(content))),
)
_CODE = Path(__file__).read_text()
