"""Vaults made from text, the command run in-process, and golden files that `--update-golden` rewrites."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

from ptcrm.cli import cli
from ptcrm.vault import store
from ptcrm.workspace import Workspace
from tests import browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "sample-vault"
DAY = "2026-11-23"  # the sample vault's frozen day

settings.register_profile("patient", deadline=None)  # machines are shared; nothing here is timed
settings.register_profile("whole", deadline=None, max_examples=10_000)
if "CI" not in os.environ:  # there hypothesis has a profile of its own, which repeats the same examples
    settings.load_profile("patient")

Run = Callable[..., Result]
MakeVault = Callable[..., Path]
OpenVault = Callable[..., Workspace]
Golden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", "--update", action="store_true", help="write the golden files and pages anew"
    )
    parser.addoption(
        "--whole", action="store_true", help="run the long soak, fuzz and property tests in full"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--whole"):
        settings.load_profile("whole")


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether long tests run in full (`pytest --whole`), or in a reduced number."""
    return bool(request.config.getoption("--whole"))


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the caches and settings of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    for name in (
        "HOME",
        "USERPROFILE",
        "LOCALAPPDATA",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
    ):
        monkeypatch.setenv(name, str(home))
    for name in list(os.environ):
        if name.startswith("PTCRM_") and not name.startswith("PTCRM_TEST_"):
            monkeypatch.delenv(name)
    for name in ("VISUAL", "EDITOR", "PAGER", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No editor saves what a test has just written, so nothing waits for one."""
    monkeypatch.setattr(store, "SETTLE_SECONDS", 0)


@pytest.fixture
def run() -> Run:
    """`run("--vault", vault, "due")`: the command, with output and exit code; a crash is a failure."""

    def call(*args: object, text: str | None = None) -> Result:
        result = CliRunner().invoke(cli, [str(arg) for arg in args], input=text)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "something went wrong inside" not in result.stderr, result.stderr
        return result

    return call


@pytest.fixture
def make_vault(tmp_path: Path) -> MakeVault:
    """`make_vault({"anna": text}, config=text)`: a vault with these customers, as they stand."""

    def make(
        customers: dict[str, str],
        config: str = "start: 2021-01-01\ntimezone: Europe/Warsaw\n",
        name: str = "vault",
    ) -> Path:
        root = tmp_path / name
        (root / "customers").mkdir(parents=True)
        (root / "ptcrm.yaml").write_text(config, encoding="utf-8", newline="")
        for stem, text in customers.items():
            path = root / "customers" / f"{stem}.md"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        return root

    return make


@pytest.fixture
def open_vault(tmp_path: Path) -> Iterator[OpenVault]:
    """`open_vault(root, today, cache_folder)`: a workspace that is closed after the test."""
    opened: list[Workspace] = []

    def call(root: Path, today: date | None, cache_folder: Path | None) -> Workspace:
        opened.append(Workspace(root, today, cache_folder, tmp_path / "state"))
        return opened[-1]

    yield call
    for workspace in opened:
        workspace.close()


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A copy of the sample vault, to write to."""
    return shutil.copytree(SAMPLE, tmp_path / "sample-vault")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden("due.txt", text)`: the text is what the golden file holds."""

    def check(name: str, text: str) -> None:
        path = ROOT / "tests" / "golden" / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8", newline="")
        assert text == path.read_bytes().decode(), f"{name} differs; look at the change, then --update-golden"

    return check


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, started once for a module's tests.

    Not for longer: while Playwright is at work, nothing else in the thread may run an event loop of its own.
    """
    with browser.chromium(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture
def open_window(chromium: Browser) -> Iterator[browser.OpenWindow]:
    """`open_window("http://127.0.0.1:8000/", color_scheme="dark")`: a window that may ask for what begins so alone.

    After the test it is checked and closed.
    """
    windows: list[browser.Window] = []

    def call(own: str, **settings: object) -> browser.Window:
        windows.append(browser.window(chromium, own, settings))
        return windows[-1]

    yield call
    for one in windows:
        one.page.context.close()
    for one in windows:
        one.check()


def give_sources(vault: Path) -> None:
    """Put files of other programs into the vault's folder, and a folder of notes beside it."""
    data = ROOT / "tests" / "data" / "import"
    for name, place in {
        "contacts.vcf": "vcard/nextcloud.vcf",
        "Connections.csv": "csv/linkedin.csv",
        "calendar.ics": "calendar/google.ics",
        "birthdays.ics": "calendar/birthdays-google.ics",
        "Archive.mbox": "mail/takeout.mbox",
    }.items():
        shutil.copy(data / place, vault / name)
    (vault / "kunden.csv").write_text(
        "Kunde;Ort;Geburtstag\nJörg Müller;Kiel;05.06.1984\n", encoding="utf-8", newline=""
    )
    shutil.copytree(data / "notes" / "People", vault.parent / "Notes" / "People", dirs_exist_ok=True)
