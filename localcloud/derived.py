"""What takes long to make of some bytes, kept in the user's cache from one cloud to the next.

Its name there is the SHA-256 of those bytes and of what makes it of them: other bytes, other code
or another Python have another name, so nothing that is found can be out of date.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localcloud.cache_folder import default_cache_dir, drop_unused, keep, used

_KEPT = 64
"""The latest of a kind: a start with a template of 14 services reads 22 models, of 2.5 MB."""
_DIGEST_BYTES = 32


def derived(
    content: bytes,
    make: Callable[[bytes], Any],
    *,
    kind: str,
    by: str,
    cache_dir: Path | None = None,
) -> Any:
    """`make(content)`, which is of numbers, texts, lists and dicts; nobody else holds it.

    `kind` names the folder, of which the latest stay; `by` is the text of the code that makes it,
    or whatever else changes with it.
    """
    kept = _place(content, by, (cache_dir or default_cache_dir()) / kind)
    with contextlib.suppress(OSError, ValueError, EOFError, TypeError):  # none, or damaged
        found = _unpacked(kept.read_bytes())
        used(kept)
        return found
    made = make(content)
    with contextlib.suppress(OSError, ValueError):  # it only saves time; or more than `marshal` has
        keep(kept, _packed(made))
        drop_unused(kept.parent, "*", latest=_KEPT)
    return made


def _place(content: bytes, by: str, folder: Path) -> Path:
    name = hashlib.sha256(f"{sys.version}\n{by}\n".encode())
    name.update(content)
    return folder / name.hexdigest()


def _packed(made: Any) -> bytes:
    body = marshal.dumps(made)
    return hashlib.sha256(body).digest() + body


def _unpacked(kept: bytes) -> Any:
    """What was packed; `marshal` reads bytecode, so it must see nothing but what was written.

    Raises:
        ValueError: the bytes are not as they were.
    """
    body = memoryview(kept)[_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != kept[:_DIGEST_BYTES]:
        raise ValueError("damaged")
    return marshal.loads(body)  # noqa: S302  of the user's own cache, like bytecode
