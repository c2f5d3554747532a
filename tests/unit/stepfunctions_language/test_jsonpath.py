"""JSONPath: what paths find, what they say when they find nothing, and a second opinion."""

import contextlib

import jsonpath_ng.ext
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.jsonpath import PathNotFoundError, PathSyntaxError
from localcloud.stepfunctions.query.paths import parse_path
from localcloud.stepfunctions.query.reference_path import insert, parse_reference_path

STORE = {
    "book": [
        {"title": "A", "price": 8, "tags": ["x"]},
        {"title": "B", "price": 12, "isbn": "1-2"},
        {"title": "C", "price": 30, "isbn": "3-4"},
    ],
    "bicycle": {"price": 20, "color": "red"},
    "odd key": {"a.b": None},
}

names = st.sampled_from("abc")
documents = st.recursive(
    st.integers() | st.text(max_size=3) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", STORE),
        ("$.bicycle.color", "red"),
        ("$['bicycle']['color']", "red"),
        ('$["bicycle"].color', "red"),
        ("$.book[0].title", "A"),
        ("$.book[-1].title", "C"),
        ("$.['odd key']['a.b']", None),
        ("$.book[*].title", ["A", "B", "C"]),
        ("$.book[0,2].title", ["A", "C"]),
        ("$.book[1:].title", ["B", "C"]),
        ("$.book[:-1].title", ["A", "B"]),
        ("$.bicycle.*", [20, "red"]),
        ("$..price", [8, 12, 30, 20]),
        ("$..book[0].title", ["A"]),
        ("$.bicycle['color','price']", [{"color": "red", "price": 20}]),
        ("$.book[?(@.isbn)].title", ["B", "C"]),
        ("$.book[?(@.price > 10 && @.price < 20)].title", ["B"]),
        ("$.book[?(@.price < 10 || @.title == 'C')].title", ["A", "C"]),
        ("$.book[?(!(@.isbn))].title", ["A"]),
        ("$.book[?(@.title in ['A', 'C'])].price", [8, 30]),
        ("$.book[?(@.title nin ['A', 'C'])].price", [12]),
        ("$.book[?(@.title =~ /[ab]/i)].title", ["A", "B"]),
        ("$.book[?(@.price == $.bicycle.price)]", []),
        ("$.book[?(@.tags size 1)].title", ["A"]),
        ("$.book[?(@.tags empty false)].title", ["A"]),
        ("$.book[?(@.tags contains 'x')].title", ["A"]),
        ("$.book[?(@.tags subsetof ['x', 'y'])].title", ["A"]),
        ("$.book[?(@.tags anyof ['x'])].title", ["A"]),
        ("$.book[?(@.tags noneof ['y'])].title", ["A"]),
        ("$.book[?(@.title==B)].price", [12]),
        ("$.book.length()", 3),
        ("$.book[*].price.max()", 30),
        ("$.nothing[*].title", []),
        ("$.nothing[:1]", []),
        ("$.bicycle.color ", "red"),
    ],
)
def test_paths_find(scope, path, found):
    assert parse_path(path)(scope(STORE)) == found


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("$['it\\'s']", "it's", id="its own quote"),
        pytest.param("$['a\\\\b']", "a\\b", id="a backslash"),
        pytest.param("$['a\\\"b']", 'a\\"b', id="any other character keeps the backslash"),
    ],
)
def test_backslashes_in_quoted_names(scope, path, name):
    assert parse_path(path)(scope({name: 1})) == 1


def test_the_roots_of_paths(scope):
    here = scope({"a": 1}, {"a": 2}, a={"b": 3})
    assert [parse_path(path)(here) for path in ("$.a", "$$.a", "$a.b")] == [1, 2, 3]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("$.x", "No results for path: $['x']", id="the last name"),
        pytest.param("$.x.y", "Missing property in path $['x']", id="a name before"),
        pytest.param("$.book[7]", "No results for path: $['book'][7]", id="an index"),
        pytest.param("$.book.title", "Expected to find an object with property", id="an array"),
        pytest.param("$.bicycle[0]", "Filter: [0] can only be applied to arrays", id="an object"),
        pytest.param("$nope.x", "No results for path: $nope", id="a variable"),
        pytest.param("$.bicycle.price.sum()", "Could not apply the function", id="a function"),
    ],
)
def test_a_definite_path_that_leads_nowhere_says_where_it_ended(scope, path, message):
    with pytest.raises(PathNotFoundError) as caught:
        parse_path(path)(scope(STORE))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "path",
    ["", "a", "$.", "$[", "$[x]", "$.a[?(@.b", "$.a[?(@.b =~ 3)]", "$['a'", "$.a.b]", "$.a.nope()"],
)
def test_what_is_no_path_is_refused(path):
    with pytest.raises(PathSyntaxError):
        parse_path(path)


@st.composite
def plain_paths(draw):
    steps = st.one_of(
        names.map(lambda name: f".{name}"),
        st.integers(0, 2).map(lambda index: f"[{index}]"),
    )
    return "$" + "".join(draw(st.lists(steps, max_size=4)))


@given(documents, plain_paths())
def test_definite_paths_agree_with_jsonpath_ng(document, path):
    theirs = [match.value for match in jsonpath_ng.ext.parse(path).find(document)]
    try:
        ours = [parse_path(path).path.find(document)]
    except PathNotFoundError:
        ours = []
    if theirs != ours:  # jsonpath-ng takes [0] of an object or a text for the thing itself
        assert "[" in path
        assert ours == []


@given(documents, st.sampled_from(["$.a[*]", "$.a[*].b", "$..a", "$.a[0:2]", "$..b[*]", "$.*.a"]))
def test_indefinite_paths_find_what_jsonpath_ng_finds(document, path):
    theirs = [match.value for match in jsonpath_ng.ext.parse(path).find(document)]
    ours = parse_path(path).path.find(document)
    if not isinstance(document, dict) or not isinstance(document.get("a"), dict):
        assert sorted(map(repr, ours)) == sorted(map(repr, theirs))


@given(documents, st.lists(names, max_size=4), st.integers())
def test_what_was_inserted_is_found_and_the_document_stays(document, steps, value):
    reference = parse_reference_path("$" + "".join(f".{name}" for name in steps))
    before = repr(document)
    with contextlib.suppress(EvaluationError):  # the path runs into a text or a list
        assert reference.path.find(insert(document, reference, value)) == value
    assert repr(document) == before


def test_inserting_creates_objects_and_replaces_elements():
    path = parse_reference_path
    assert insert({}, path("$.a.b"), 1) == {"a": {"b": 1}}
    assert insert({"a": [1, 2]}, path("$.a[1]"), 3) == {"a": [1, 3]}
    with pytest.raises(EvaluationError) as caught:
        insert({"a": "x"}, path("$.a.b"), 1)
    assert caught.value.cause == 'Unable to apply ReferencePath $.a.b to input {"a":"x"}'


@pytest.mark.parametrize("path", ["$.a[*]", "$..a", "$$.a", "$x", "$.a.length()"])
def test_only_paths_to_one_place_are_reference_paths(path):
    with pytest.raises(PathSyntaxError):
        parse_reference_path(path)
