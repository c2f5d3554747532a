"""The command line `sluice`: the group, and where its commands live."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from sluice.exits import OperatorError, cloud_error
from sluice.options import operator_options, program
from sluice.output import seen

# Name → module, imported when the command is called: `sluice items` pays for nothing else.
COMMANDS = {
    "up": "sluice.commands.up",
    "deploy": "sluice.commands.deploy",
    "run": "sluice.commands.run",
    "drop": "sluice.commands.drop",
    "runs": "sluice.commands.runs",
    "show": "sluice.commands.show",
    "watch": "sluice.commands.watch",
    "approvals": "sluice.commands.approvals",
    "items": "sluice.commands.items",
    "rejects": "sluice.commands.rejects",
    "mend": "sluice.commands.mend",
    "fetch": "sluice.commands.fetch",
    "why": "sluice.commands.why",
    "logs": "sluice.commands.logs",
    "graph": "sluice.commands.graph",
    "stop": "sluice.commands.stop",
    "redrive": "sluice.commands.redrive",
    "replay": "sluice.commands.replay",
    "cost": "sluice.commands.cost",
    "console": "sluice.commands.console",
    "doctor": "sluice.commands.doctor",
    "check": "sluice.commands.check",
    "contract": "sluice.commands.contract",
    "dataset": "sluice.commands.dataset",
}


class OperatorGroup(click.Group):
    """Finds commands by name and turns what the AWS SDK raises into plain words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which a newcomer meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command."""
        del ctx
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = import_module(module).command
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
        except click.UsageError as error:
            if (text := error.format_message()) == seen(text):
                raise
            raise click.UsageError(seen(text), error.ctx) from error


@click.group(cls=OperatorGroup)
@click.version_option(package_name="sluice")
@operator_options
def main() -> None:
    """Drop a CSV file, look at its run, approve or reject it, trust the table.

    Speaks to AWS by the standard variables (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL), or with
    --local to this checkout's local cloud. Data goes to stdout, everything else to stderr.
    """
