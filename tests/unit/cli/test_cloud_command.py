import click
import pytest

from localcloud.resetting import RESETS
from sluice.commands.cloud import SERVICES, clock, named
from sluice.terminal.exits import NotFoundError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604_800), ("1.5h", 5400)],
)
def test_durations_have_a_unit(text: str, seconds: float) -> None:
    option = next(option for option in clock.params if option.name == "advance")
    assert option.type.convert(text, option, None) == seconds


@pytest.mark.parametrize("text", ["90", "-1s", "1w", ""])
def test_what_is_no_duration_is_refused(text: str) -> None:
    option = next(option for option in clock.params if option.name == "advance")
    with pytest.raises(click.BadParameter):
        option.type.convert(text, option, None)


def test_the_command_knows_what_the_cloud_can_reset() -> None:
    assert set(SERVICES) == set(RESETS)


def test_messages_of_one_queue_or_topic_are_told_apart_and_an_unknown_name_is_told() -> None:
    found = {"queues": {"Drops": [{"body": "a"}]}, "topics": {"Outcomes": []}}
    assert named("Drops", found) == {"queues": {"Drops": [{"body": "a"}]}, "topics": {}}
    with pytest.raises(NotFoundError, match=r"there are: Drops, Outcomes; did you mean Drops\?"):
        named("Drop", found)
