import struct
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from localcloud.lambdas.output import LogEvent, OutputFile, parse_output


def frame(message: str, milliseconds: int) -> bytes:
    text = message.encode()
    return struct.pack(">4sIQ", b"\xa5\x5a\x00\x03", len(text), milliseconds * 1000) + text


lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1)
pieces = st.lists(
    st.one_of(
        st.tuples(st.just("text"), lines.map(lambda line: line + "\n")),
        st.tuples(st.just("frame"), st.text()),
    )
)


@given(pieces)
def test_text_is_cut_at_line_ends_and_framed_messages_stay_whole(
    written: list[tuple[str, str]],
) -> None:
    data = b"".join(
        frame(message, 7) if kind == "frame" else message.encode() for kind, message in written
    )
    events = list(parse_output(data, began_ms=0, now_ms=42))
    assert [event.message for event in events] == [message for _, message in written]


def test_text_was_written_before_the_frame_behind_it() -> None:
    data = b"printed\n" + frame("logged", 7) + b"printed at the end\n"
    assert list(parse_output(data, began_ms=5, now_ms=9)) == [
        LogEvent(7, "printed\n"),
        LogEvent(7, "logged"),
        LogEvent(9, "printed at the end\n"),
    ]


@given(st.lists(st.one_of(st.just(b"text\n"), st.integers(0, 99).map(lambda t: frame("f", t)))))
def test_times_never_go_back_and_stay_within_the_invocation(written: list[bytes]) -> None:
    times = [e.timestamp_ms for e in parse_output(b"".join(written), began_ms=20, now_ms=60)]
    assert times == sorted(times)
    assert all(20 <= time <= 60 for time in times)


def test_a_frame_that_was_cut_off_is_not_lost() -> None:
    whole = frame("the worker died while it wrote this", 1)
    assert [event.message for event in parse_output(whole[:-5], began_ms=0, now_ms=0)] == [
        "the worker died while it wrote"
    ]
    assert list(parse_output(whole[:10], began_ms=0, now_ms=0)) == []


def test_output_is_drained_once(tmp_path: Path) -> None:
    output = OutputFile(str(tmp_path))
    with open(output.descriptor, "wb", closefd=False, buffering=0) as writer:
        writer.write(b"one\n")
        assert output.drain() == b"one\n"
        writer.write(b"two\n")
        assert output.drain() == b"two\n"
    assert output.drain() == b""
    output.close()
