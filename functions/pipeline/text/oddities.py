"""What was accepted but looks odd: counted, with the first line, and told without any value.

A warning costs no row. Its kinds:

>>> Oddity(kind="blank_lines", count=3, first_line=17).in_words()
'3 blank lines were skipped (the first is line 17)'
>>> Oddity(kind="lost_zeros", column="id", count=1, first_line=2).in_words()
'id: 1 number lost zeros or a plus in front; declare a string if they matter (line 2)'
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from pipeline.printable import printable

KINDS = {
    "blank_lines": ("blank line was", "blank lines were", "skipped"),
    "control_characters": (
        "line has",
        "lines have",
        "control characters beyond ASCII (U+0080 to U+009F), as text of another encoding has",
    ),
    "inner_bom": ("line has", "lines have", "a byte order mark inside, as joined files have"),
    "end_of_file_mark": ("end-of-file mark of old systems (0x1A) was", "", "skipped"),
    "not_nfc": (
        "line has",
        "lines have",
        "text that is not in Unicode's form NFC: keys that look alike may differ",
    ),
    "lost_zeros": (
        "number",
        "numbers",
        "lost zeros or a plus in front; declare a string if they matter",
    ),
    "blanks_in_key": ("value begins or ends", "values begin or end", "with a blank, and is a key"),
}
"""Each kind with what it says of one, of several, and of both."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Oddity:
    """What looks odd in one file, how often, and in which line first; `column` None: anywhere."""

    kind: str
    count: int
    first_line: int
    column: str | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Oddity":
        """Read what a report or findings hold."""
        return cls(**{name: document[name] for name in ("kind", "count", "first_line", "column")})

    def as_document(self) -> dict[str, Any]:
        """The oddity as findings and reports hold it."""
        return asdict(self)

    def in_words(self) -> str:
        """What a person is told: no value of a row."""
        one, several, both = KINDS[self.kind]
        where = f"{self.column}: " if self.column is not None else ""
        line = f"line {self.first_line:,}" if self.first_line else ""
        first = line if self.count == 1 else f"the first is {line}"
        told = f"{where}{self.count:,} {one if self.count == 1 else several} {both}"
        return f"{told} ({first})" if line else told


def added_up(oddities: Iterable[Oddity]) -> list[Oddity]:
    """Return one oddity for each kind and column, in the order in which they came first."""
    sums: dict[tuple[str, str | None], Oddity] = {}
    for one in oddities:
        before = sums.get((one.kind, one.column))
        sums[one.kind, one.column] = one if before is None else _sum(before, one)
    return list(sums.values())


def _sum(first: Oddity, second: Oddity) -> Oddity:
    return replace(
        first,
        count=first.count + second.count,
        first_line=min(first.first_line, second.first_line),
    )


def warnings_of(report: Mapping[str, Any]) -> list[str]:
    """Return what a report warns of, in words; with the file's name where there are several."""
    files = {file["index"]: file["key"].rpartition("/")[2] for file in report.get("files", ())}
    return [
        (f"{printable(files[one['file']])}: " if len(files) > 1 else "")
        + Oddity.from_document(one).in_words()
        for one in report.get("warnings", ())
    ]
