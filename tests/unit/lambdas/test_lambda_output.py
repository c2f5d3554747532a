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
    expected = [LogEvent(7 if kind == "frame" else 42, message) for kind, message in written]
    assert list(parse_output(data, now_ms=42)) == expected


def test_a_frame_that_was_cut_off_is_not_lost() -> None:
    whole = frame("the worker died while it wrote this", 1)
    assert [event.message for event in parse_output(whole[:-5], now_ms=0)] == [
        "the worker died while it wrote"
    ]
    assert list(parse_output(whole[:10], now_ms=0)) == []


def test_output_is_drained_once(tmp_path: Path) -> None:
    output = OutputFile(str(tmp_path))
    with open(output.descriptor, "wb", closefd=False, buffering=0) as writer:
        writer.write(b"one\n")
        assert output.drain() == b"one\n"
        writer.write(b"two\n")
        assert output.drain() == b"two\n"
    assert output.drain() == b""
    output.close()
