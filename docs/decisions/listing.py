"""The site's list of decisions, made when it is built: a new record needs no second entry."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def on_page_markdown(markdown: str, *, page: Any, **_: object) -> str:
    """Put a line for each record below the index of the decisions."""
    if page.file.src_uri != "decisions/index.md":
        return markdown
    return "\n".join([markdown, "", *map(line, sorted(HERE.glob("0*.md")))])


def line(record: Path) -> str:
    """Tell a record's number and title as a link, whichever way its heading has the number."""
    heading = record.read_text().splitlines()[0]
    title = re.sub(r"^# \d+[:.]? ", "", heading)
    return f"- [{record.name[:4]}: {title}]({record.name})"
