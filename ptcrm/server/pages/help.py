"""The page of the keys; the script of the pages shows it as a dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptcrm.server.pages.page import MENU, Page

if TYPE_CHECKING:
    from ptcrm.server.pages.page import Asked
    from ptcrm.workspace import Workspace

_ON_ROWS = (
    ("j", "The next row"),
    ("k", "The row before"),
    ("Enter", "Open the row"),
    ("l", "Log what happened with the customer of the row or page"),
    ("d", "Done: the follow-up of the row, or mend its problem"),
    ("s", "Snooze the customer"),
    ("m", "Move the follow-up to another day"),
    ("e", "Edit the file as text"),
    ("u", "Undo what was just written"),
    ("f", "Filter the customers"),
    ("/", "Search"),
    ("?", "These keys"),
)
SHORTCUTS = (*_ON_ROWS, *((f"g {key}", f"Go to {name}") for _, name, key in MENU))


def help_page(workspace: Workspace, asked: Asked) -> Page:  # noqa: ARG001  # as all pages
    """The keys and what they do."""
    return Page("help.html", {"shortcuts": SHORTCUTS})
