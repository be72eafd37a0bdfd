"""A real browser: pages are opened in Chromium, and what they ask for, complain of or pop up is written down."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

OpenWindow = Callable[..., "Window"]
_NAMES = ("chromium", "chromium-browser")
_NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"


@dataclass
class Window:
    """A page with cookies and storage of its own. `own` is what the addresses it may ask for begin with."""

    page: Page
    own: str
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)  # on the console, or raised by a script
    dialogs: list[str] = field(default_factory=list)  # what they said; each was dismissed

    def __post_init__(self) -> None:
        """Begin to write down."""
        self.page.on("request", lambda one: self.requests.append(one.url))
        self.page.on("console", lambda one: self.errors.append(one.text) if one.type == "error" else None)
        self.page.on("pageerror", lambda one: self.errors.append(str(one)))
        self.page.on("dialog", self._dismiss)

    @property
    def foreign(self) -> list[str]:
        """The addresses that were asked for elsewhere; what stands in the page itself (`data:`) is not."""
        return [url for url in self.requests if not url.startswith((self.own, "data:", "about:"))]

    def check(self) -> None:
        """Fail if there was an error, a dialog or a request to elsewhere; each window is checked after its test.

        A test that expects one of them looks at the list and clears it.
        """
        assert (self.errors, self.dialogs, self.foreign) == ([], [], [])

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


def window(browser: Browser, own: str, settings: dict[str, object]) -> Window:
    """A new window; `settings` are those of Playwright's `new_context`, such as `color_scheme="dark"`."""
    context = browser.new_context(**settings)  # type: ignore[arg-type]  # they are checked there
    return Window(context.new_page(), own)


@contextmanager
def chromium(home: Path) -> Iterator[Browser]:
    """Chromium without a window on the screen, with `home` as its home; it reaches this computer alone.

    Skips the test if Chromium or Playwright is missing; fails it if `PTCRM_TEST_BROWSER` is set.
    """
    program = os.environ.get("PTCRM_TEST_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        _missing("no chromium (set PTCRM_TEST_CHROMIUM to its path)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("no playwright")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[_NO_NETWORK],
            chromium_sandbox=not is_root,
            env={**os.environ, "HOME": str(home)},
        )
        yield browser
        browser.close()


def _missing(why: str) -> None:
    if os.environ.get("PTCRM_TEST_BROWSER"):
        pytest.fail(why)
    pytest.skip(why)
