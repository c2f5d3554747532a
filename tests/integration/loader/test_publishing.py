"""What a run has loaded is published: exactly that, once, whatever happens on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import publish_rows
from pipeline.errors import DigestMismatchError, FenceLostError, PublishUnfinishedError
from pipeline.rows.publication import Publication, Source, packed, unpacked, with_origin
from stores.published import Published
from tests.support.stack import WORK, Context, Stack, run_of

RUN = run_of("r1")
VERSION = "2026-07-01T00:00:00Z#0000#aaaaaaaa"


def row(number: int) -> dict[str, str]:
    return {"id": str(number), "city": "Redwood City"}


def publish(
    stack: Stack,
    judgement: dict[str, Any],
    context: Context | None = None,
    *,
    run: dict[str, str] = RUN,
    compression: str = "none",
) -> dict[str, int]:
    named = {name: judgement[name] for name in ("report_uri", "report_sha256", "files")}
    event = {"run": run, **named, "compression": compression}
    done: dict[str, int] = publish_rows.handler(event, context or Context())
    return done


def loaded(stack: Stack, rows: list[list[dict[str, str]]]) -> dict[str, Any]:
    judgement = stack.convert(RUN, rows)
    stack.to_be_loaded(RUN, judgement)
    return judgement


def source_of(judgement: dict[str, Any]) -> Source:
    file = judgement["file"]
    return Source(
        dataset="addresses",
        key=file["key"],
        version_id=file["version_id"],
        source_version=VERSION,
    )


def published_rows(stack: Stack) -> list[dict[str, Any]]:
    listed = stack.s3.list_objects_v2(Bucket=WORK, Prefix="published/addresses/")
    keys = [found["Key"] for found in listed.get("Contents", [])]
    bodies = [
        unpacked(key, stack.s3.get_object(Bucket=WORK, Key=key)["Body"].read()) for key in keys
    ]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_rows_are_published_with_their_origin(stack: Stack, compression: str) -> None:
    judgement = loaded(stack, [[row(1), row(2)], [row(3)]])
    done = publish(stack, judgement, compression=compression)
    assert done == {"rows": 3, "parts": 2}
    origin = {"_sluice": {"version": VERSION, "run_id": "r1"}}
    assert published_rows(stack) == [origin | row(number) for number in (1, 2, 3)]


def test_it_is_told_which_parts_there_are(stack: Stack) -> None:
    judgement = loaded(stack, [[row(1), row(2)], [row(3)]])
    publish(stack, judgement)
    [publication] = Published(stack.s3, WORK).publications("addresses")
    assert (publication.source, publication.run_id) == (source_of(judgement), "r1")
    assert publication.report_sha256 == judgement["report_sha256"]
    assert [part.rows for part in publication.parts] == [2, 1]
    assert Publication.parse(publication.as_document()) == publication
    assert stack.lies(WORK, "published/") == [part.key for part in publication.parts]


def test_publishing_again_writes_no_part_again(stack: Stack) -> None:
    judgement = loaded(stack, [[row(1)], [row(2)]])
    publish(stack, judgement)
    before = stack.lies(WORK, "published/")
    assert publish(stack, judgement) == {"rows": 2, "parts": 2}
    assert stack.lies(WORK, "published/") == before


def test_short_of_time_it_stops_between_two_parts_and_goes_on_from_there(stack: Stack) -> None:
    judgement = loaded(stack, [[row(number)] for number in range(10)])
    with pytest.raises(PublishUnfinishedError, match="8 of 10 parts"):
        publish(stack, judgement, Context(300_000, 1_000))
    assert not list(Published(stack.s3, WORK).publications("addresses"))
    assert publish(stack, judgement) == {"rows": 10, "parts": 10}
    assert [row["id"] for row in published_rows(stack)] == [str(number) for number in range(10)]
    assert len(stack.lies(WORK, "published/")) == 10


def test_another_publication_of_the_same_file_takes_the_place_of_the_first(stack: Stack) -> None:
    """As when a run died in the middle, and the next one loads the file by another contract."""
    publish(stack, loaded(stack, [[row(1)], [row(2)], [row(3)]]))
    judgement = loaded(stack, [[row(1)], [row(2)]])
    publish(stack, judgement, compression="gzip")
    assert [row["id"] for row in published_rows(stack)] == ["1", "2"]


def test_a_file_that_the_run_has_lost_is_not_published(stack: Stack) -> None:
    judgement = loaded(stack, [[row(1)]])
    stack.to_be_loaded(run_of("r2"), judgement)
    with pytest.raises(FenceLostError):
        publish(stack, judgement)
    assert stack.lies(WORK, "published/") == []


def test_only_the_files_that_were_loaded_are_published(stack: Stack) -> None:
    judgement = loaded(stack, [[row(1)]])
    assert publish(stack, judgement | {"files": []}) == {"rows": 0, "parts": 0}
    assert stack.lies(WORK, "published/") == []


def test_other_bytes_than_those_of_the_report_are_not_published(stack: Stack) -> None:
    judgement = loaded(stack, [[row(1)]])
    stack.s3.put_object(Bucket=WORK, Key=judgement["part_list"][0]["key"], Body=b'{"id":"2"}\n')
    with pytest.raises(DigestMismatchError):
        publish(stack, judgement)
    assert published_rows(stack) == []


def test_a_file_without_a_valid_row_is_published_as_that(stack: Stack) -> None:
    publish(stack, loaded(stack, []))
    [publication] = Published(stack.s3, WORK).publications("addresses")
    assert publication.parts == []


def test_what_is_withdrawn_is_gone_and_may_be_withdrawn_again(stack: Stack) -> None:
    judgement = loaded(stack, [[row(1)], [row(2)]])
    publish(stack, judgement)
    published = Published(stack.s3, WORK)
    for _ in range(2):
        published.withdraw(source_of(judgement))
        assert published_rows(stack) == []
        assert published.publication(source_of(judgement)) is None


def test_a_run_takes_back_its_own_publications_alone(stack: Stack) -> None:
    judgement = loaded(stack, [[row(1)]])
    publish(stack, judgement)
    file = {name: judgement["file"][name] for name in ("key", "version_id")}
    report = {"dataset": "addresses", "files": [file | {"source_version": VERSION}]}
    published = Published(stack.s3, WORK)
    assert published.withdraw_run(report | {"run_id": "r2"}) == 0
    assert len(published_rows(stack)) == 1
    assert published.withdraw_run(report | {"run_id": "r1"}) == 1
    assert published.withdraw_run(report | {"run_id": "r1"}) == 0
    assert published_rows(stack) == []


@given(
    st.lists(
        st.dictionaries(st.text(max_size=3), st.text(max_size=4) | st.booleans(), min_size=1),
        max_size=5,
    )
)
def test_each_row_is_what_it_was_and_its_origin(rows: list[dict[str, Any]]) -> None:
    lines = "".join(f"{json.dumps(each, separators=(',', ':'))}\n" for each in rows).encode()
    marked = with_origin(lines, 'v"', "r").splitlines()
    origin = {"_sluice": {"version": 'v"', "run_id": "r"}}
    assert [json.loads(line) for line in marked] == [origin | each for each in rows]


@given(st.binary(max_size=50), st.sampled_from(["none", "gzip"]))
def test_a_part_holds_the_same_bytes_whenever_it_is_packed(rows: bytes, how: Any) -> None:
    key = Source(dataset="a", key="k", version_id="v", source_version=VERSION).part_key(0, how)
    assert unpacked(key, packed(rows, how)) == rows
    assert packed(rows, how) == packed(rows, how)
