"""The errors of the pipeline: a class's name is what the state machine matches in ErrorEquals.

SluiceError
├── FileRefusedError     the file is bad: quarantined, never retried, other files go on
├── ContractError        the contract is bad: the run fails, a developer mends the contract
├── EventError           an event or state input is malformed: the run fails, never retried
├── DigestMismatchError  bytes are not those that were reported or approved: the run fails
├── ReconciliationError  rows are unaccounted for: the run fails, the files are kept
├── EngineError          the conversion broke down: the run fails, the files are kept
├── DynamoDBError        the table refuses a row for good: the run fails, the files are kept
├── FenceLostError       another run has the file: nothing more of it is loaded here, not retried
├── ClaimReleasedError   the run was stopped or buried: retried, until a redrive has it revived
├── LoadUnfinishedError  time ran short: retried, goes on from its checkpoint
├── PublishUnfinishedError  the same while rows are published: goes on with the next part
└── TransientError       a service was away for a moment: retried with backoff
"""

import json
from typing import Self


class SluiceError(Exception):
    """Base of every error that the pipeline raises on purpose."""


class FileRefusedError(SluiceError):
    """A file that must not be converted, with what is wrong, where, and what to do about it.

    `str()` is the JSON text that the state machine hands on as Cause:

    >>> str(FileRefusedError("empty", "the file has no bytes"))
    '{"code": "empty", "message": "the file has no bytes"}'
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(json.dumps({"code": code, "message": message}, ensure_ascii=False))
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        """Survive pickling although `args` holds the JSON text."""
        return type(self), (self.code, self.message)

    def reason(self) -> dict[str, str]:
        """Return the refusal as reports and `reason.json` carry it."""
        return {"code": self.code, "message": self.message}


class ContractError(SluiceError):
    """A contract that cannot be used: `path` says where (`schema.fields[2].type`)."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        """Survive pickling although `args` holds the joined text."""
        return type(self), (self.path, self.reason)


class EventError(SluiceError):
    """An event or a state's input lacks something or names something that is not ours."""


class DigestMismatchError(SluiceError):
    """Stored bytes differ from the sha256 that a report or an approval names."""


class ReconciliationError(SluiceError):
    """Rows in and rows out do not add up.

    Where one file is to blame, a message names it: `file <index> (<key>): …`. The state machine
    looks for that, and goes on without the file.
    """


class EngineError(SluiceError):
    """The conversion's engine failed; the message holds no value of a row, but names the file."""


class DynamoDBError(SluiceError):
    """DynamoDB refuses a request for good; its code and message, which hold no row, say why."""

    @classmethod
    def refused(cls, table: str, operation: str, code: str, message: str) -> Self:
        """Return the error with what an operator can act on.

        >>> print(DynamoDBError.refused("Orders", "PutItem", "AccessDeniedException", "User: …"))
        AccessDenied on Orders: this function's role may not write it
        """
        if code == "AccessDeniedException":
            return cls(f"AccessDenied on {table}: this function's role may not write it")
        if code == "ResourceNotFoundException":
            return cls(f"there is no table {table} (any more)")
        return cls(f"{operation} on {table}: {code}: {message}")


class FenceLostError(SluiceError):
    """The claim on a file is another run's, or closed: this run writes no row of it any more."""


class ClaimReleasedError(SluiceError):
    """The run's files were released because it died; a redriven run gets them back in a moment."""


class LoadUnfinishedError(SluiceError):
    """The loader stopped early, at a checkpoint, because its time was nearly up."""


class PublishUnfinishedError(SluiceError):
    """Publishing stopped between two parts, because its time was nearly up."""


class TransientError(SluiceError):
    """A service failed in a way that a retry mends."""
