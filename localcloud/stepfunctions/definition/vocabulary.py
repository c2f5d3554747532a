"""Which fields each type of state has, and under which query language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The fields of a state type: of both languages, of JSONPath alone, of JSONata alone."""

    both: frozenset[str]
    jsonpath: frozenset[str]
    jsonata: frozenset[str]

    def all(self) -> frozenset[str]:
        """All fields, whatever the language."""
        return self.both | self.jsonpath | self.jsonata


def _words(both: str, jsonpath: str = "", jsonata: str = "") -> Vocabulary:
    everywhere = frozenset({"Type", "Comment", "QueryLanguage"})
    return Vocabulary(
        everywhere | frozenset(both.split()),
        frozenset(jsonpath.split()),
        frozenset(jsonata.split()),
    )


STATE_TYPES: Final[dict[str, Vocabulary]] = {
    "Pass": _words(
        "Next End Assign", "InputPath OutputPath Parameters Result ResultPath", "Output"
    ),
    "Task": _words(
        "Next End Assign Resource TimeoutSeconds HeartbeatSeconds Credentials Retry Catch",
        "InputPath OutputPath Parameters ResultSelector ResultPath TimeoutSecondsPath"
        " HeartbeatSecondsPath",
        "Arguments Output",
    ),
    "Choice": _words("Choices Default Assign", "InputPath OutputPath", "Output"),
    "Wait": _words(
        "Next End Assign Seconds Timestamp",
        "InputPath OutputPath SecondsPath TimestampPath",
        "Output",
    ),
    "Succeed": _words("", "InputPath OutputPath", "Output"),
    "Fail": _words("Error Cause", "ErrorPath CausePath"),
    "Parallel": _words(
        "Next End Assign Branches Retry Catch",
        "InputPath OutputPath Parameters ResultSelector ResultPath",
        "Arguments Output",
    ),
    "Map": _words(
        "Next End Assign ItemProcessor Iterator ItemSelector ItemReader ItemBatcher ResultWriter"
        " MaxConcurrency Label ToleratedFailureCount ToleratedFailurePercentage Retry Catch",
        "InputPath OutputPath ItemsPath Parameters ResultSelector ResultPath MaxConcurrencyPath"
        " ToleratedFailureCountPath ToleratedFailurePercentagePath",
        "Items Output",
    ),
}
