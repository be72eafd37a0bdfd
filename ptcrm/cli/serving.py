"""What the commands share that give out addresses: the option `--url`, and the file of the tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ptcrm.cli.output import tell
from ptcrm.server.addresses import Base, read_base
from ptcrm.server.tokens import TokenFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class BaseAddress(click.ParamType[Base]):
    """An option's value such as `https://calendar.example.org`."""

    name = "BASE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Base:  # noqa: ANN401
        """What stands before the addresses, or click's own error (exit code 2)."""
        base = read_base(str(value))
        if not isinstance(base, Base):
            self.fail(f"{base.message}. {base.hint}", param, ctx)
        return base


url_option: Callable[..., Any] = click.option(
    "--url", type=BaseAddress(), help="The outside address, such as https://calendar.example.org."
)


def token_file(root: Path) -> TokenFile:
    """The tokens of the vault at `root`."""
    import platformdirs

    return TokenFile(platformdirs.user_config_path("ptcrm"), root, tell)
