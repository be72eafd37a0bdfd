"""What the commands share that serve feeds or give out their addresses."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ptcrm.cli.options import Session, state_folder
from ptcrm.cli.output import say, tell
from ptcrm.server.addresses import DEFAULT_PORT, Base, read_base
from ptcrm.server.tokens import TokenFile
from ptcrm.server.where import Where
from ptcrm.vault.places import place_of, user_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptcrm.server.kept import Kept
    from ptcrm.server.live import Live, Refreshed, Snapshot
    from ptcrm.server.pages.page import Front
    from ptcrm.workspace import Workspace

_PLACE = Where()
_BRACKETS = re.compile(r"\A\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\]\Z")  # as an address of IPv6 stands in a URL


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


def serving_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say where to serve, handed to `command` as `where`; None if none of them was given."""

    @click.option(
        "--host", default=_PLACE.host, show_default=True, help="Where to listen: a name or an address."
    )
    @click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=DEFAULT_PORT,
        show_default=True,
        help="0: any that is free.",
    )
    @click.option("--public", is_flag=True, help="Let other machines reach it.")
    @url_option
    @wraps(command)
    def call(*args: object, host: str, port: int, public: bool, url: Base | None, **options: object) -> None:
        where = Where(_BRACKETS.sub(r"\1", host), port, public, url)
        command(*args, where=None if where == _PLACE else where, **options)

    wrapped: Callable[..., None] = call
    return wrapped


def token_file(root: Path) -> TokenFile:
    """The tokens of the vault at `root`."""
    return TokenFile(Path(user_folder("config")), root, tell)


def kept_of(root: Path) -> Kept:
    """The last good feeds of the vault at `root`."""
    from ptcrm.server.kept import Kept

    return Kept(state_folder() / place_of(root) / "feeds")


def live_of(
    session: Session, told: Callable[[Refreshed, Snapshot], bool | None]
) -> tuple[Path, Callable[[], Workspace], Live]:
    """The folder of the session's vault, what opens it, and its feeds, kept up with its files once they are started.

    `told` is called after each refresh, in another thread, and soon again if it returns True. A vault that is gone may come back, if feeds of it were
    kept; else raises `NotFoundError`.
    """
    from ptcrm.server.live import Live
    from ptcrm.vault.watch import Watcher

    root, open_workspace = session.opener(may_be_gone=lambda place: bool(kept_of(place).read()))
    live = Live(open_workspace, kept_of(root), lambda done: told(done, live.snapshot), partial(Watcher, root))
    return root, open_workspace, live


def serve(
    session: Session,
    where: Where,
    told: Callable[[Refreshed, Snapshot], bool | None],
    front: Front | None = None,
    begun: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve the feeds of the session's vault until a signal to end; `told` is called after each refresh.

    With a `front` the pages, too; `begun` is then called with their first address.
    """
    from ptcrm.server.run import Out, run

    def told_to_all(done: Refreshed, snapshot: Snapshot) -> bool | None:
        if front is not None and (done.files or done.is_anew):
            front.changes.note()
        return told(done, snapshot)

    root, open_workspace, live = live_of(session, told_to_all)
    tokens, pages = token_file(root), None
    if front is not None:
        from ptcrm.server.pages import Pages

        pages = partial(Pages, open_workspace, front=replace(front, tokens=tokens), tell=tell, begun=begun)
    run(live, tokens, where, Out(say, tell), pages=pages)
