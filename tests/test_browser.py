"""The browser that tests open pages in sees what it is there to see."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import OpenWindow


@pytest.mark.parametrize(
    ("markup", "errors", "dialogs", "foreign"),
    [
        ("<p>nothing", 0, 0, 0),
        ("<script>nonsense()</script>", 1, 0, 0),
        ("<script>console.error('oh')</script>", 1, 0, 0),
        ("<script>alert('hello')</script>", 0, 1, 0),
        ("<img alt='' src='https://example.org/x.png'>", 1, 0, 1),
        ("<img alt='' src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>", 0, 0, 0),
        (
            "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><script>alert(1)</script>",
            1,
            0,
            0,
        ),
    ],
)
def test_what_a_page_does_is_seen(
    open_window: OpenWindow, tmp_path: Path, markup: str, errors: int, dialogs: int, foreign: int
) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<!DOCTYPE html><title>x</title>{markup}", encoding="utf-8")
    window = open_window(page.as_uri())
    window.page.goto(page.as_uri())
    assert (len(window.errors), len(window.dialogs), len(window.foreign)) == (errors, dialogs, foreign)
    if errors or dialogs or foreign:
        with pytest.raises(AssertionError):
            window.check()
    window.errors.clear()
    window.dialogs.clear()
    window.requests.clear()
