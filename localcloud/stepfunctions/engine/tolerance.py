"""How many items of a distributed Map may fail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How many items may fail; None: not given."""

    count: int | None
    percentage: float | None

    def is_exceeded(self, failed: int, total: int) -> bool:
        """Whether so many failed items of so many are too many."""
        if self.count is None and self.percentage is None:
            return failed > 0
        too_many = self.count is not None and failed > self.count
        too_large_a_part = self.percentage is not None and failed * 100 > self.percentage * total
        return too_many or too_large_a_part
