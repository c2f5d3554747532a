"""Which letters beyond ASCII languages have, and which of them are frequent.

Code pages read each other's letters as other letters; only a language tells which of them were
meant: `Muńoz` has a letter of Polish, but nobody writes Polish with `ñ`'s neighbours á, é and í.
"""

from __future__ import annotations

from collections import Counter

_WEST = (
    "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúüªº¿¡", "àáâãçéêíóôõúüºª", "àèéìîòùº", "åäöé", "æøåéôò",
    "äöåéšž", "áðéíóúýþæö", "áäéëïíóöúü", "äöõüšž",
)  # fmt: skip
"""German, French, Spanish, Portuguese, Italian, Swedish, Danish and Norwegian, Finnish,
Icelandic, Dutch, Estonian."""

ALPHABETS = {
    "windows-1252": _WEST,
    "mac_roman": _WEST,
    "cp850": _WEST,
    "windows-1250": (
        "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţșț", "čćđšž",
        "äöüß",
    ),
    "windows-1254": ("çğıöşüâîû",),
    "windows-1251": ("оеаинтсрвлкмдпуя", "оаинтервскіїєдпл", "аиеотнрсвлкдмпз"),
    "koi8-r": ("оеаинтсрвлкмдпуя",),
    "iso-8859-7": ("αοιετσνηυρπκμλςόάίέ",),
    "windows-1255": ("יהולאמתרבשנדקפ",),
    "windows-1256": ("اليمنورهتبةدعسفكقأإ",),
}  # fmt: skip
"""By encoding, the languages that it is for: all their letters beyond ASCII in the Latin script,
the frequent ones, most of any text, in others."""


def foreign_share(text: str, encoding: str) -> float:
    """Return which share of the letters beyond ASCII the best fitting language does not have.

    >>> foreign_share("Muñoz, Peña, Ibáñez", "windows-1252")
    0.0
    """
    letters = Counter(c for c in text.casefold() if not c.isascii() and c.isalpha())
    if encoding not in ALPHABETS or not letters:
        return 0.0
    shares = [
        sum(count for letter, count in letters.items() if letter not in alphabet) / letters.total()
        for alphabet in ALPHABETS[encoding]
    ]
    return min(shares)
