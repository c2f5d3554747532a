"""In which encoding a file's bytes are text: certain for Unicode, the likeliest one for others."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from sluice.contracts.alphabets import foreign_share

UTF_8 = "utf-8"
_BYTES_OF_ODD_LINES = 256 * 1024
"""How much text with bytes beyond ASCII is looked at."""

CANDIDATES = {
    "windows-1252": 0.0, "windows-1250": 0.04, "windows-1251": 0.0, "shift_jis": 0.0,
    "cp949": 0.0, "gb18030": 0.04, "big5": 0.04, "windows-1254": 0.06, "windows-1255": 0.06,
    "windows-1256": 0.06, "iso-8859-7": 0.06, "mac_roman": 0.3, "cp850": 0.3, "koi8-r": 0.2,
}  # fmt: skip
"""Encodings that people's files have, each with what stands against it before anything is read:
some are seldom met."""

CLOSE = 0.08
"""Two encodings that lie no further apart are both likely."""

_MARKS = {codecs.BOM_UTF8: UTF_8, codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_HEAD_BYTES = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoding:
    """An encoding by the name that contracts use; `rival`: another one that is as likely.

    As a rival reads other text, only a person can tell which of the two is meant.
    """

    name: str
    is_certain: bool
    rival: str | None = None


def encoding_of(pieces: Iterable[bytes]) -> Encoding:
    """Return the encoding of a file's bytes, all of which are read."""
    iterator = iter(pieces)
    first = next(iterator, b"")
    for mark, name in _MARKS.items():
        if first.startswith(mark):
            return Encoding(name=name, is_certain=True)
    if _is_wide(first[:_HEAD_BYTES]):
        return Encoding(name="utf-16", is_certain=True)
    decoder = codecs.getincrementaldecoder(UTF_8)("strict")
    odd: list[bytes] = []
    is_utf_8 = True
    for piece in chain([first], iterator):
        if is_utf_8 and not (piece.isascii() and not decoder.getstate()[0]):
            is_utf_8 = _decodes(decoder, piece)
        if sum(map(len, odd)) < _BYTES_OF_ODD_LINES:
            odd += [line for line in piece.splitlines() if not line.isascii()]
    if is_utf_8 and _decodes(decoder, b"", final=True):
        return Encoding(name=UTF_8, is_certain=True)
    text = b"\n".join(odd)[:_BYTES_OF_ODD_LINES]
    found = likeliest(text)
    is_mixed = found.name not in _LEADS_OF_COMMON and _share_of_utf_8(text) > _MIXED_SHARE
    return Encoding(name=UTF_8, is_certain=False) if is_mixed else found


def likeliest(text: bytes) -> Encoding:
    r"""Return the encoding in which a text, that is no UTF-8, looks most like words.

    >>> likeliest("1;Köln\n2;Zürich".encode("cp1252")).name
    'windows-1252'
    """
    marks = {name: _strangeness(text, name) for name in CANDIDATES}
    fitting = {name: mark for name, mark in marks.items() if mark is not None}
    if not fitting:
        return Encoding(name="windows-1252", is_certain=False)
    best, *others = sorted(fitting, key=lambda name: fitting[name])
    meant = text.decode(best)
    close = (name for name in others if fitting[name] <= fitting[best] + CLOSE)
    rival = next((name for name in close if text.decode(name) != meant), None)
    return Encoding(name=best, is_certain=False, rival=rival)


def _share_of_utf_8(text: bytes) -> float:
    """Return which share of the bytes beyond ASCII are UTF-8 all the same."""
    beyond = sum(byte > 0x7F for byte in text)  # noqa: PLR2004  (where ASCII ends)
    broken = sum(c > "\udc7f" for c in text.decode(UTF_8, "surrogateescape") if c < "\ue000")
    return 1 - broken / beyond if beyond else 1


def _strangeness(text: bytes, encoding: str) -> float | None:
    """Return how little a decoded text looks like words, from 0 on; None if it does not decode."""
    try:
        decoded = text.decode(encoding)
    except UnicodeDecodeError:
        return None
    beyond = [(n, c) for n, c in enumerate(decoded) if not c.isascii()]
    marks = sum(_strange(decoded, n, c) + 0.8 * (not _is_common(c, encoding)) for n, c in beyond)
    scripts = len({_script(c) for _, c in beyond if c.isalpha()} - _HAN)
    strange = marks / max(len(beyond), 1) + max(scripts - 1, 0) * 0.3
    return CANDIDATES[encoding] + strange + foreign_share(decoded, encoding)


def _strange(text: str, at: int, character: str) -> float:
    """Return how odd a character is where it stands: 0 for a letter among its like."""
    before = text[at - 1] if at else " "
    after = text[at + 1] if at + 1 < len(text) else " "
    if unicodedata.category(character) in {"Cc", "Co", "Cn"}:
        return 5
    if not character.isalpha():
        is_inside = before.isalpha() and after.isalpha()
        return 2 if is_inside else 0 if character in _USUAL_SIGNS else 0.6
    if _script(character) in _HAN:
        return 2 if before.islower() or after.islower() else 0
    return _strange_letter(character, before, after)


def _strange_letter(character: str, before: str, after: str) -> float:
    """Return how odd a letter of an alphabet is between its neighbours."""
    script = _script(character)
    neighbours = {_script(c) for c in (before, after) if c.isalpha()}
    if (character.isupper() and before.islower()) or (character == "ς" and after.isalpha()):
        return 2
    if character in _RARE_LETTERS:
        return 0.8
    if script == "LATIN" and before.isalpha() and not before.isascii():
        return 0.7  # two letters with accents side by side
    if neighbours - {script}:
        return 1 if neighbours == {"LATIN"} else 0.5
    return 0 if neighbours else 0.5


def _is_common(character: str, encoding: str) -> bool:
    """Tell whether a character of East Asia is among the frequent ones, which lie together."""
    if encoding not in _LEADS_OF_COMMON:
        return True
    first, last = _LEADS_OF_COMMON[encoding]
    return first <= character.encode(encoding)[0] <= last


_LEADS_OF_COMMON = {
    "gb18030": (0xA1, 0xD7),
    "shift_jis": (0x81, 0x98),
    "big5": (0xA1, 0xC6),
    "cp949": (0xA1, 0xC8),
}
"""First bytes of signs, letters and the characters of level 1 in each standard."""

_MIXED_SHARE = 0.2
"""Bytes of other encodings are UTF-8 by chance far more seldom."""

_USUAL_SIGNS = frozenset("€£§°©®«»„“”‘’–—…\u00a0№・、。「」ー％（）：，")  # noqa: RUF001
_RARE_LETTERS = frozenset("ºªþðƒŠšŽžŸ¢¥×÷ŢţĹĺĚěĎďĄąŕŔăĂЃѓЌќЂђЉљЊњЋћЏџѕЅЈј")  # noqa: RUF001
_HAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "FULLWIDTH", "HALFWIDTH"})


def _script(character: str) -> str:
    return unicodedata.name(character, "NONE").partition(" ")[0]


def _is_wide(head: bytes) -> bool:
    """Tell whether every other byte is NUL, as in UTF-16 of mostly Latin text."""
    half = len(head) // 2
    return half > 0 and max(head[::2].count(0), head[1::2].count(0)) > half * 0.6


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True
