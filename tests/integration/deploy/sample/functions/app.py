"""Functions of the sample template."""

import os
from typing import Any


def handler(event: Any, context: Any) -> Any:
    """Say who runs."""
    return {
        "event": event,
        "table": os.environ.get("TABLE"),
        "version": context.function_version,
        "arn": context.invoked_function_arn,
        "release": os.environ.get("RELEASE"),
    }
