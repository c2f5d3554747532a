"""The command line `sluice`: the group, and where its commands live."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from sluice.options import program, shown_options
from sluice.stack.project import meant
from sluice.terminal.exits import InterruptedByPersonError, OperatorError, cloud_error
from sluice.terminal.output import seen

# Heading → the commands below it, each a module of `sluice.commands` that is imported when it is
# called: `sluice items` pays for nothing else.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Every day": (
        "up", "run", "drop", "invite", "runs", "show", "watch", "approvals", "items", "query",
    ),
    "When rows or runs went wrong": (
        "why", "rejects", "mend", "fetch", "report", "logs", "redrive", "replay", "stop", "undo",
    ),
    "About one person": ("find", "erase"),
    "Before files are dropped": ("check", "contract", "dataset"),
    "Around it": (
        "status", "graph", "trace", "console", "cost", "backfill", "work", "deploy",
        "cloud", "doctor",
    ),
}  # fmt: skip

_SENTENCE_CHARACTERS = 150
"""The first sentence of each command fits, so that the list of commands cuts none off."""

_EPILOG = (
    "Every command also takes --local, --fresh, --parameter, --json and --stack: sluice --help"
)


class OperatorGroup(click.Group):
    """Finds commands by name and turns what the AWS SDK raises into plain words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which a newcomer meets them."""
        del ctx
        return [name for names in GROUPS.values() for name in names]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands under their headings."""
        for heading, names in GROUPS.items():
            with formatter.section(heading):
                shorts = [(name, self.get_command(ctx, name)) for name in names]
                formatter.write_dl(
                    [(n, c.get_short_help_str(_SENTENCE_CHARACTERS)) for n, c in shorts if c]
                )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; of one that does not exist, tell the one that may be meant.

        Raises:
            click.UsageError: there is no such command.
        """
        known, name = self.list_commands(ctx), args[0]
        if name not in known and not name.startswith("-"):
            raise click.UsageError(f"there is no command {name!r}{meant(name, known)}", ctx)
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"sluice.commands.{cmd_name}").command
        command.epilog = _EPILOG
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        Raises:
            OperatorError: the request cannot be met, or AWS refused or did not answer.
        """
        try:
            return super().invoke(ctx)
        except (ClientError, BotoCoreError) as error:
            told: OperatorError = cloud_error(error)
            told.program = program()
            raise told from error
        except OperatorError as error:
            error.program = program()
            raise
        except KeyboardInterrupt:
            raise InterruptedByPersonError("interrupted") from None
        except click.UsageError as error:
            if (text := error.format_message()) == seen(text):
                raise
            raise click.UsageError(seen(text), error.ctx) from error


@click.group(cls=OperatorGroup)
@click.version_option(package_name="sluice")
@shown_options
def main() -> None:
    """Drop a CSV file, look at its run, approve or reject it, trust the table.

    Speaks to AWS by the standard variables (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL), or with
    --local to this checkout's local cloud. Data goes to stdout, everything else to stderr.
    """
