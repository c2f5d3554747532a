"""Expressions give what JSONata 2.0.6 gives: values, codes and messages.

The outcomes are those of the reference implementation; `benchmarks.jsonata` records them.
"""

from itertools import groupby

import pytest

from benchmarks.jsonata import CASES, outcome, recorded_cases

GROUPS = {
    group: list(cases) for group, cases in groupby(recorded_cases(CASES), lambda case: case.group)
}


@pytest.mark.parametrize("group", GROUPS)
def test_the_reference_implementation_agrees(group):
    given = {case.expression: outcome(case) for case in GROUPS[group]}
    different = [
        (case.expression, case.expected, given[case.expression])
        for case in GROUPS[group]
        if not case.agrees(given[case.expression])
    ]
    assert different == []
