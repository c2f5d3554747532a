"""Functions of the sample template."""

import os


def handler(event, context):
    """Say who runs."""
    return {
        "event": event,
        "table": os.environ.get("TABLE"),
        "version": context.function_version,
        "arn": context.invoked_function_arn,
        "release": os.environ.get("RELEASE"),
    }
