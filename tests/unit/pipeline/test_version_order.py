"""Versions keep their order whenever they are looked at, and whatever has left since."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pipeline.rows.version_order import merged

Step = tuple[str, int]
steps = st.lists(st.tuples(st.sampled_from(["create", "look", "remove"]), st.integers(0, 9)))


@given(steps)
def test_a_rank_never_changes_and_follows_the_order_of_creation(story: Sequence[Step]) -> None:
    created: list[str] = []
    existing: list[str] = []
    known: tuple[str, ...] = ()
    ranks: dict[str, int] = {}
    for action, choice in story:
        if action == "create":
            created.append(f"v{len(created)}")
            existing.append(created[-1])
        elif existing and action == "look":
            version = existing[choice % len(existing)]
            known = merged(known, existing)
            assert ranks.setdefault(version, known.index(version)) == known.index(version)
        elif existing and existing[choice % len(existing)] in ranks:
            existing.remove(existing[choice % len(existing)])
    by_rank = sorted(ranks, key=lambda version: ranks[version])
    assert by_rank == sorted(ranks, key=created.index)
    assert len(set(ranks.values())) == len(ranks)
