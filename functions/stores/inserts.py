"""INSERT, 25 to a request: for rows whose keys are likely new.

A PartiQL INSERT takes nothing but a key that the table does not hold, so it never replaces
anything; on AWS it takes the write units of a put.  Whatever it refuses, a conditional put decides.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from pipeline.errors import TransientError
from pipeline.rows.items import Item
from stores.desk import ATTEMPTS, Desk

BATCH_STATEMENTS = 25
"""Statements that one BatchExecuteStatement takes.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
"""

MAX_STATEMENT_CHARACTERS = 8_192
"""Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementRequest.html"""

_PASSING = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        "TransactionConflict",
    }
)
"""Errors of one statement that mean "later".

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html
"""


def insert(desk: Desk, items: Sequence[Item]) -> list[Item]:
    """Insert at most 25 items of distinct keys; returns those that the table did not take.

    Of those some may have been inserted by an attempt whose reply was lost.

    Raises:
        TransientError, LoadUnfinishedError, DynamoDBError: as a desk does.
    """
    statements = [(item, statement(desk.table, tuple(item))) for item in items]
    refused = [item for item, text in statements if len(text) > MAX_STATEMENT_CHARACTERS]
    wanted = [(item, text) for item, text in statements if len(text) <= MAX_STATEMENT_CHARACTERS]
    for attempt in range(ATTEMPTS):
        if not wanted:
            return refused
        again = []
        for each, code in zip(wanted, _codes(desk, wanted), strict=True):
            if code in _PASSING:
                again.append(each)
            elif code:
                refused.append(each[0])
        if again:
            desk.hold_back(attempt)
        wanted = again
    raise TransientError(f"{desk.table} was throttled or out of reach {ATTEMPTS} times")


def _codes(desk: Desk, wanted: Sequence[tuple[Item, str]]) -> list[str]:
    """Make one request; returns the code of each statement's error, or the empty text."""
    statements = [{"Statement": text, "Parameters": list(item.values())} for item, text in wanted]
    reply = desk.call("BatchExecuteStatement", {"Statements": statements})
    answers = reply.document["Responses"]
    return [str(answer.get("Error", {}).get("Code", "")) for answer in answers]


@functools.lru_cache(maxsize=1_024)
def statement(table: str, names: tuple[str, ...]) -> str:
    """Return the statement for items with these attributes; a quote in a name is doubled."""
    members = ",".join("'{}':?".format(name.replace("'", "''")) for name in names)
    return f'INSERT INTO "{table}" VALUE {{{members}}}'
