"""Files for other programs: `ptcrm export`. Each command's module is loaded when it is called."""

from __future__ import annotations

from importlib import import_module

import click

EXPORTS = {
    "ics": "calendars",
    "vcard": "cards",
    "csv": "tables",
    "jsonl": "tables",
    "sqlite": "tables",
    "print": "printing",
    "mailing": "mailing",
    "subject": "subject",
}


class _Exports(click.Group):
    """The group of all exports."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Their names, in the order of the help."""
        return [*EXPORTS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of this name; None if there is none."""
        if cmd_name not in EXPORTS:
            return None
        module = import_module(f"ptcrm.cli.{EXPORTS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command


@click.group("export", cls=_Exports)
def export_command() -> None:
    """Write files that other programs read.

    \b
    Example:
      ptcrm export ics -o follow-ups.ics
      ptcrm export vcard -o customers.vcf
    """
