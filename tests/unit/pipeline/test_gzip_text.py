"""Gzip as a stream: members, damage, bombs, and bounded pieces."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import FileRefusedError
from pipeline.text.gzip_text import decompressed


@settings(deadline=None)
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), st.integers(1, 50))
def test_members_in_any_pieces_give_all_bytes(members: list[bytes], size: int) -> None:
    stored = b"".join(gzip.compress(member) for member in members)
    pieces = [stored[at : at + size] for at in range(0, len(stored), size)]
    assert b"".join(decompressed(pieces)) == b"".join(members)


def test_a_bomb_is_stopped_while_it_unfolds() -> None:
    bomb = gzip.compress(b"1,a\n" * 16_000_000)
    seen: list[int] = []
    with pytest.raises(FileRefusedError) as refusal:
        seen.extend(len(piece) for piece in decompressed([bomb]))
    assert refusal.value.code == "gzip_bomb"
    assert sum(seen) < 16 * 1024 * 1024


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        pytest.param(gzip.compress(b"abc" * 99)[:-1], "gzip_truncated", id="cut in the trailer"),
        pytest.param(gzip.compress(b"abc" * 99)[:15], "gzip_truncated", id="cut in the data"),
        pytest.param(gzip.compress(b"abc")[:-8] + bytes(8), "gzip_broken", id="wrong checksum"),
        pytest.param(gzip.compress(b"abc") + b"x", "gzip_trailing_bytes", id="text afterwards"),
    ],
)
def test_damage_is_told(stored: bytes, code: str) -> None:
    with pytest.raises(FileRefusedError) as refusal:
        list(decompressed([stored]))
    assert refusal.value.code == code


def test_zeros_may_pad_the_end() -> None:
    assert b"".join(decompressed([gzip.compress(b"abc") + bytes(100)])) == b"abc"
