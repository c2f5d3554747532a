"""Regular expressions mean what they mean in JavaScript."""

import pytest

from localcloud import jsonata
from localcloud.jsonata import JsonataError


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        pytest.param(r"$contains('é', /\w/)", False, id="word characters are ASCII"),
        pytest.param(r"$contains('٣', /\d/)", False, id="digits are ASCII"),
        pytest.param(r"$contains('é', /É/i)", True, id="case is not"),
        pytest.param(r"$contains('a\nb', /a$/)", False, id="the end is the end"),
        pytest.param(r"$contains('a\n', /a$/)", False, id="a line feed is not the end"),
        pytest.param(r"$contains('a\nb', /a$/m)", True, id="with m, that of a line"),
        pytest.param(r"$contains('a\nb', /a.b/)", False, id="a dot is no line break"),
        pytest.param(r"$contains('a\nb', /a[^]b/)", True, id="anything"),
        pytest.param(r"$contains('a', /[]/)", False, id="nothing"),
        pytest.param(r"$match('2018-05', /(?<y>\d+)-(\d+)/).groups", ["2018", "05"], id="names"),
        pytest.param(r"$contains('abab', /(?<p>ab)\k<p>/)", True, id="reference to a name"),
        pytest.param(r"$contains('a[b', /[\[]b/)", True, id="a bracket in a class"),
        pytest.param(r"$contains('x&&y', /[&&]{2}/)", True, id="no sets in a class"),
        pytest.param(r"$contains('xay', /(?<=x)a(?=y)/)", True, id="looking around"),
        pytest.param(r"$contains('foo bar', /\bbar\b/)", True, id="boundaries"),
        pytest.param(r"$contains('ébar', /\bbar/)", True, id="boundaries are ASCII, too"),
    ],
)
def test_patterns(expression, value):
    assert jsonata.compile(expression).evaluate() == value


@pytest.mark.parametrize("pattern", ["/(?<n>a/", "/a{2,1}/", "/[b-a]/", "/*a/"])
def test_what_is_no_pattern_is_no_expression(pattern):
    with pytest.raises(JsonataError):
        jsonata.compile(f"$contains('a', {pattern})")
