"""Splits: stretches of whole records into which the content scan cuts a file's body.

A split begins and ends between records, outside quotes, so that it can be worked on alone, and it
knows the place of its first record, so that whoever works on it knows the true line of each.

>>> log = SplitLog(at=Place(offset=3, record=1, line=2), split_bytes=10)
>>> for _ in range(3):
...     log.add(Unit(size_bytes=6, records=2, line_ends=2))
>>> [split.as_document() for split in log.splits]  # doctest: +NORMALIZE_WHITESPACE
[{'offset': 3, 'bytes': 12, 'first_record': 1, 'records': 4, 'first_line': 2},
 {'offset': 15, 'bytes': 6, 'first_record': 5, 'records': 2, 'first_line': 6}]
"""

from dataclasses import asdict, dataclass, field

from pipeline.text.unit_scan import Unit

SPLIT_BYTES = 16 * 1024 * 1024
"""Enough work for a task to be worth its start, little enough to be held in memory."""

MAX_SPLITS = 1000
"""What one file adds to the manifest stays under 100 KB; beyond it, splits are joined by twos."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where records go on: byte of the text, ordinal of the data record, physical line."""

    offset: int
    record: int
    line: int

    def after(self, unit: Unit) -> "Place":
        """Return the place behind a run of records that begins here."""
        return Place(
            offset=self.offset + unit.size_bytes,
            record=self.record + unit.records,
            line=self.line + unit.lines,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """Whole records: `bytes` of the text from `offset` on; blank lines are not counted."""

    offset: int
    bytes: int
    first_record: int
    records: int
    first_line: int

    @classmethod
    def of(cls, unit: Unit, place: Place) -> "Split":
        """Return a run of records that begins at a place."""
        return cls(
            offset=place.offset,
            bytes=unit.size_bytes,
            first_record=place.record,
            records=unit.records,
            first_line=place.line,
        )

    def joined(self, following: "Split") -> "Split":
        """Return this split and the one that follows it as one."""
        return Split(
            offset=self.offset,
            bytes=self.bytes + following.bytes,
            first_record=self.first_record,
            records=self.records + following.records,
            first_line=self.first_line,
        )

    def as_document(self) -> dict[str, int]:
        """The split as findings and manifest have it."""
        return asdict(self)


@dataclass(kw_only=True, slots=True)
class SplitLog:
    """Makes splits of runs of records, in the order in which the scan meets them.

    A split ends with the run that brings it to `split_bytes`, which doubles whenever there would
    be more than `max_splits`: however large the file, their number is bounded.
    """

    at: Place
    split_bytes: int = SPLIT_BYTES
    max_splits: int = MAX_SPLITS
    splits: list[Split] = field(default_factory=list)

    def add(self, unit: Unit) -> None:
        """Add the records that follow."""
        if not unit.size_bytes:
            return
        run = Split.of(unit, self.at)
        self.at = self.at.after(unit)
        if self.splits and self.splits[-1].bytes < self.split_bytes:
            self.splits[-1] = self.splits[-1].joined(run)
            return
        if len(self.splits) == self.max_splits:
            self._join_by_twos()
        self.splits.append(run)

    def _join_by_twos(self) -> None:
        self.split_bytes *= 2
        pairs = [self.splits[at : at + 2] for at in range(0, len(self.splits), 2)]
        self.splits = [first.joined(rest[0]) if rest else first for first, *rest in pairs]
