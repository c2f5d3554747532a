"""All files of the collection, by kind, each time the same bytes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.files import business, databases, exports, government, nations, shapes, spreadsheets
from tests.files.dress import File

_MAKERS = (
    spreadsheets.excel,
    spreadsheets.english,
    spreadsheets.mac,
    business.sap,
    business.banks,
    business.shops,
    databases.dumps,
    databases.logs,
    government.german,
    government.world,
    nations.iberia,
    nations.north,
    nations.east,
    nations.banks_elsewhere,
    nations.statistics,
    exports.devices,
    exports.systems,
    shapes.dates,
    shapes.headers,
    shapes.values,
    shapes.nothing_to_load,
)


def files() -> Iterator[File]:
    """Return every file, kind by kind."""
    for maker in _MAKERS:
        yield from maker()
