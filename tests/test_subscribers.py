"""A real subscriber: vdirsyncer fetches the feed of the running server after each of 20 edits, and khal shows it.

They need older packages than ptcrm, so they live in an environment of their own, which PTCRM_TEST_KHAL names.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.conftest import DAY, ROOT, MakeVault

KHAL = os.environ.get("PTCRM_TEST_KHAL")
pytestmark = pytest.mark.skipif(not KHAL, reason="PTCRM_TEST_KHAL names no environment with khal")

PEOPLE = {
    "anna": "---\nid: anna\nname: Anna Kowalska\nbirthday: 1984-05-17\n---\n"
    "- [ ] 2026-12-01 call: Ask about the shop\n- [ ] 2026-12-03 visit: See the frames\n\n## Log\n- 2026-11-02 call: Talked\n",
    "jan": "---\nid: jan\nname: Jan Nowak\n---\n- [ ] 2026-12-07 09:30 call: The offer\n\n## Log\n- 2026-11-20 email: Sent\n",
    "zoe": "---\nid: zoe\nname: Zoë Lindqvist\noccasions: [wedding 2012-09-01]\n---\n\n## Log\n",
}
SETTINGS = "id: test.example\ntimezone: Europe/Warsaw\ndefault_cadence: never\n"
SECONDS = 60  # until a change has to be there; a machine may be busy

Edit = Callable[[Path], object]


class Step(NamedTuple):
    """One edit, and the titles (with day) that go and come by it: what changes goes and comes."""

    what: str
    edit: Edit
    gone: list[str]
    come: list[str]


def swap(name: str, old: str, new: str) -> Edit:
    def edit(customers: Path) -> None:
        path = customers / f"{name}.md"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, (name, old)
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def command(*words: str) -> Edit:
    def edit(customers: Path) -> None:
        call = [sys.executable, "-m", "ptcrm", "--vault", str(customers.parent), "--today", DAY, *words]
        subprocess.run(call, check=True, capture_output=True, cwd=ROOT)

    return edit


def create(name: str, text: str) -> Edit:
    return lambda customers: (customers / f"{name}.md").write_text(text, encoding="utf-8")


def remove(name: str) -> Edit:
    return lambda customers: (customers / f"{name}.md").unlink()


ASK, FRAMES = (
    "20261201 Call Anna Kowalska: Ask about the shop",
    "20261203 Visit Anna Kowalska: See the frames",
)
OFFER, BORN = "20261207 Call Jan Nowak: The offer", "19840517 Anna Kowalska's birthday (born 1984)"
TEA = "20261204 Gift for Zoë Lindqvist: Tea, black; with \\ and “quotes”"
EDITS = [
    Step("added", swap("zoe", "\n## Log", "- [ ] 2026-12-04 gift: Tea, black; with \\ and “quotes”\n\n## Log"), [], [TEA]),
    Step("moved", swap("anna", "2026-12-01 call", "2026-12-02 call"), [ASK], [ASK.replace("1201", "1202")]),
    Step("reworded", swap("anna", "See the frames", "See the wheels"), [FRAMES], [FRAMES.replace("frames", "wheels")]),
    Step("done in an editor", swap("jan", "- [ ] 2026-12-07", "- [x] 2026-12-07"), [OFFER], []),
    Step("opened again", swap("jan", "- [x] 2026-12-07", "- [ ] 2026-12-07"), [], [OFFER]),
    Step("at another time", swap("jan", "09:30", "14:00"), [OFFER], [OFFER]),
    Step("a customer more", create("ole", "---\nname: Ole Fjeld\nbirthday: 1990-02-28\n---\n"), [], ["19900228 Ole Fjeld's birthday (born 1990)"]),
    Step("a customer less", remove("ole"), ["19900228 Ole Fjeld's birthday (born 1990)"], []),
    Step("done by command", command("done", "zoe", "1"), [TEA], []),
    Step("undone", command("undo"), [], [TEA]),
    Step("deleted", swap("zoe", "- [ ] 2026-12-04 gift: Tea, black; with \\ and “quotes”\n", ""), [TEA], []),
    Step("logged", swap("zoe", "## Log\n", "## Log\n- 2026-11-23 call: Hello\n"), [], []),
    Step("another name", swap("jan", "name: Jan Nowak", "name: Jan Nowak-Weiß"), [OFFER], [OFFER.replace("Nowak", "Nowak-Weiß")]),
    Step("a birthday corrected", swap("anna", "1984-05-17", "1985-05-18"), [BORN], ["19850518 Anna Kowalska's birthday (born 1985)"]),
    Step("an occasion gone", swap("zoe", "occasions: [wedding 2012-09-01]\n", ""), ["20120901 Zoë Lindqvist: wedding (2012)"], []),
    Step("a phone, so another description", swap("jan", "id: jan\n", 'id: jan\nphones: ["+48 600 123 456"]\n'),
         [OFFER.replace("Nowak", "Nowak-Weiß")], [OFFER.replace("Nowak", "Nowak-Weiß")]),
    Step("a file renamed by git", lambda customers: (customers / "jan.md").rename(customers / "jan-nowak.md"),
         [OFFER.replace("Nowak", "Nowak-Weiß")], [OFFER.replace("Nowak", "Nowak-Weiß")]),
    Step("prose that is no one's business", swap("anna", "## Log", "She likes red.\n\n## Log"), [], []),
    Step("set by command", command("set", "zoe", "birthday", "1991-03-04"), [], ["19910304 Zoë Lindqvist's birthday (born 1991)"]),
    Step("not to be contacted", swap("anna", "id: anna\n", "id: anna\ndo_not_contact: true\n"),
         [ASK.replace("1201", "1202"), FRAMES.replace("frames", "wheels"), "19850518 Anna Kowalska's birthday (born 1985)"], []),
]  # fmt: skip


class Subscriber:
    """vdirsyncer and khal on a folder of their own."""

    def __init__(self, folder: Path, address: str) -> None:
        self.items = folder / "items"
        self.items.mkdir()
        (folder / "vdirsyncer").write_text(
            f'[general]\nstatus_path = "{folder}/status/"\n[pair p]\na = "disk"\nb = "feed"\ncollections = null\n'
            f'conflict_resolution = "b wins"\n[storage feed]\ntype = "http"\nurl = "{address}"\n'
            f'[storage disk]\ntype = "filesystem"\npath = "{self.items}"\nfileext = ".ics"\n',
            encoding="utf-8",
        )
        forms = "".join(f"{name} = %Y-%m-%d\n" for name in ("dateformat", "longdateformat")) + "".join(
            f"{name} = %Y-%m-%d %H:%M\n" for name in ("datetimeformat", "longdatetimeformat")
        )
        (folder / "khal.conf").write_text(
            f"[calendars]\n[[feed]]\npath = {self.items}\n[sqlite]\npath = {folder}/khal.db\n[locale]\n"
            f"local_timezone = UTC\ndefault_timezone = UTC\ntimeformat = %H:%M\n{forms}",
            encoding="utf-8",
        )
        self.folder = folder
        home = {f"XDG_{name}_HOME": str(folder / name) for name in ("DATA", "CACHE", "CONFIG")}
        self.env = {
            **os.environ,
            **home,
            "HOME": str(folder),
            "VDIRSYNCER_CONFIG": str(folder / "vdirsyncer"),
        }
        self.call("vdirsyncer", "discover", "p")

    def call(self, program: str, *words: str) -> str:
        call = [str(Path(KHAL or "") / "bin" / program), *words]
        done = subprocess.run(
            call,
            check=False,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def sync(self) -> tuple[int, int]:
        """How many items were copied and deleted, as vdirsyncer says."""
        said = self.call("vdirsyncer", "sync", "p")
        return said.count("Copying"), said.count("Deleting")

    def titles(self) -> Counter[str]:
        """Day and title of each item; an item that differs in anything else counts as another one."""
        return Counter(shown(path) for path in self.items.glob("*.ics"))

    def whole(self) -> Counter[str]:
        return Counter(path.read_text(encoding="utf-8") for path in self.items.glob("*.ics"))

    def khal(self) -> str:
        return self.call(
            "khal",
            "-c",
            str(self.folder / "khal.conf"),
            "list",
            "--format",
            "{start-date} {title}",
            "2026-11-23",
            "420d",
        )


def shown(path: Path) -> str:
    text = re.sub("\r?\n ", "", path.read_text(encoding="utf-8"))
    day = re.search("^DTSTART.*:([0-9]{8})", text, re.MULTILINE)
    title = re.search("^SUMMARY:(.*)", text, re.MULTILINE)
    assert day
    assert title
    words = re.sub(r"\\(.)", lambda sign: sign[1], title[1].strip())
    return f"{day[1]} {words}"


class Server:
    """`ptcrm serve` of one vault, and its feed."""

    def __init__(self, vault: Path) -> None:
        call = [
            sys.executable,
            "-u",
            "-m",
            "ptcrm",
            "--vault",
            str(vault),
            "--today",
            DAY,
            "serve",
            "--port",
            "0",
        ]
        self.process = subprocess.Popen(
            call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
        )
        assert self.process.stdout
        found = None
        while found is None:
            line = self.process.stdout.readline()
            assert line, "the server ended"
            found = re.search(r"http://\S+\.ics", line)
        self.address = found[0]
        self.seen: str | None = None

    def mark(self) -> str:
        """The feed's ETag."""
        parts = urlsplit(self.address)
        with contextlib.closing(
            http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        ) as connection:
            connection.request("HEAD", parts.path)
            answer = connection.getresponse()
            assert answer.status in (200, 404), answer.status
            return answer.getheader("ETag") or ""

    def wait_for_change(self) -> None:
        until = time.monotonic() + SECONDS
        while (mark := self.mark()) in ("", self.seen) and time.monotonic() < until:
            time.sleep(0.1)
        assert mark != self.seen, "the feed did not change"
        self.seen = mark


@pytest.fixture
def server(make_vault: MakeVault) -> Iterator[tuple[Path, Server]]:
    vault = make_vault(PEOPLE, SETTINGS)
    running = Server(vault)
    try:
        yield vault, running
    finally:
        running.process.send_signal(signal.SIGTERM)
        running.process.communicate(timeout=30)
        assert running.process.returncode == 0


def test_twenty_edits_are_each_seen_once_and_nothing_else_is_touched(
    server: tuple[Path, Server], tmp_path: Path
) -> None:
    vault, running = server
    folder = tmp_path / "subscriber"
    folder.mkdir()
    running.wait_for_change()
    subscriber = Subscriber(folder, running.address)
    subscriber.sync()
    assert len(subscriber.titles()) == 5
    assert len(EDITS) == 20
    for step in EDITS:
        before, whole = subscriber.titles(), subscriber.whole()
        step.edit(vault / "customers")
        if step.gone or step.come:
            running.wait_for_change()
        else:
            time.sleep(2)  # what must not happen cannot be waited for
        copied, deleted = subscriber.sync()
        after, now = subscriber.titles(), subscriber.whole()
        assert after == before - Counter(step.gone) + Counter(step.come), step.what
        assert (whole - now).total() == len(step.gone), step.what
        assert (now - whole).total() == len(step.come), step.what
        assert (copied, deleted) == (len(step.come), len(step.gone)), step.what
        assert subscriber.sync() == (0, 0), step.what
        listed = subscriber.khal()
        for one in step.come:
            assert one.partition(" ")[2] in listed, step.what
        for title in {one.partition(" ")[2] for one in step.gone} - {one.partition(" ")[2] for one in after}:
            assert title not in listed, step.what
    shutil.rmtree(folder)
