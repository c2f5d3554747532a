"""Text from outside cannot steer the terminal of whoever reads it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pipeline.printable import printable
from sluice.cli import main
from sluice.terminal.output import paint, put, put_json, redraw, say, seen_json, unpainted

CLIPBOARD = "\x1b]52;c;cm0gLXJmIC8=\x07"
HOSTILE = [
    pytest.param(CLIPBOARD, id="writes the clipboard"),
    pytest.param("\x9b2J", id="clears the screen by one C1 character"),
    pytest.param("\x1b[31mred\x1b[0m", id="colours"),
    pytest.param("a\rb", id="goes back to the start of the line"),
    pytest.param("a\nLOADED other-run", id="begins a line of its own"),
    pytest.param("csv.\u202efdp", id="turns the direction"),
    pytest.param("a\u200bb", id="hides a character"),
    pytest.param("a\u3164b", id="a filler that Python calls printable"),
    pytest.param("a\ud800b", id="half a character"),
    pytest.param("\x08\x08\x7f", id="deletes"),
]


def written(text: str, *, colour: bool = True) -> tuple[str, str]:
    """What `put` and `say` write on a terminal."""

    @click.command()
    def command() -> None:
        put(text)
        say(text)

    result = CliRunner().invoke(command, color=colour)
    assert result.exit_code == 0
    return result.stdout, result.stderr


@pytest.mark.parametrize("text", HOSTILE)
def test_what_does_not_show_is_spelled_out(text: str) -> None:
    for stream in written(text):
        assert stream.endswith("\n")
        assert stream[:-1].isprintable()
        assert "\u3164" not in stream


@given(st.text())
def test_nothing_invisible_gets_through(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\xa0")))
def test_words_of_any_script_stay_as_they_are(text: str) -> None:
    assert all(one in printable(text) for one in text if one.isalpha() and one != "\u3164"
               and one not in "\u115f\u1160\uffa0")  # fmt: skip


def test_colours_are_ours_alone() -> None:
    stdout, _ = written(paint("LOADED", "green") + " " + CLIPBOARD)
    assert stdout == "\x1b[32mLOADED\x1b[0m \\x1b]52;c;cm0gLXJmIC8=\\x07\x1b[0m\n"
    assert unpainted(paint("LOADED", "green")) == "LOADED"


def test_a_colour_ends_with_its_line() -> None:
    stdout, _ = written(paint("LOADED", "green")[:-1])
    assert stdout.endswith("\x1b[0m\n")


def test_no_color_leaves_colours_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert written(paint("LOADED", "green"))[0] == "LOADED\n"


def test_a_pipe_gets_no_colours() -> None:
    assert written(paint("LOADED", "green"), colour=False)[0] == "LOADED\n"


@given(st.text())
def test_json_keeps_its_value(text: str) -> None:
    escaped = seen_json(json.dumps([text], ensure_ascii=False))
    assert json.loads(escaped) == [text]
    assert escaped.isprintable()


def test_indented_json_shows_everything() -> None:
    @click.command()
    def command() -> None:
        put_json({"é\x9b": CLIPBOARD}, indent=2)

    text = CliRunner().invoke(command, color=True).stdout
    assert json.loads(text) == {"é\x9b": CLIPBOARD}
    assert all(line.isprintable() for line in text.split("\n"))


def test_a_live_line_holds_nothing_of_its_own_making() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    redraw(stream, [f"done {CLIPBOARD}"], f"going {CLIPBOARD}")
    assert "]52;c;" in stream.getvalue()
    assert stream.getvalue().replace("\r\x1b[K", "").count("\x1b") == 0


def test_errors_show_what_they_quote(tmp_path: Path) -> None:
    contract = tmp_path / "contract.json"
    contract.write_text(json.dumps({"name": "a", f"\x9b{CLIPBOARD}": 1}))
    sample = "sample_data/addresses.csv"
    command = ["check", sample, "--contract", str(contract), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, command, color=True)
    assert result.exit_code == 1
    assert "\\x9b" in result.stderr
    assert all(line.isprintable() for line in result.stderr.split("\n"))


def test_a_header_from_outside_cannot_steer_check(tmp_path: Path) -> None:
    file = tmp_path / f"customers{CLIPBOARD}.csv"
    file.write_text(f"customer_id,{CLIPBOARD}\nC000001,x\n")
    contract = "functions/contracts/customers.json"
    command = ["check", str(file), "--contract", contract, "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, command, color=True)
    assert result.exit_code == 1
    assert all(line.isprintable() for line in result.output.split("\n"))
