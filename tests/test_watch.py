"""Hints from the file system, and `ptcrm watch` as its user meets it: as a process, with files that change."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest

from ptcrm.cli.telling import exported
from ptcrm.server.kept import Body
from ptcrm.vault.watch import Watcher, counts
from tests.conftest import MakeVault, Run
from tests.test_live import PATIENCE, customer, until, write

ANNA = customer("Anna")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="events differ from system to system")
signals_only = pytest.mark.skipif(os.name == "nt", reason="there a process cannot be asked to end")


@pytest.fixture
def root(make_vault: MakeVault) -> Path:
    return make_vault({"anna": ANNA, "trade/jan": customer("Jan")}, "timezone: Europe/Warsaw\n")


# Hints


class Hints:
    """Counts hints, and has the newest place."""

    def __init__(self) -> None:
        self.count = 0
        self.place = ""

    def __call__(self, place: str) -> None:
        self.count += 1
        self.place = place


@pytest.fixture
def hints() -> Hints:
    return Hints()


@pytest.fixture
def watcher(root: Path, hints: Hints) -> Iterator[Watcher]:
    one = Watcher(root, hints)
    assert one.start()
    yield one
    one.stop()


def save_in_place(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("\n")


def save_as_vim_does(path: Path) -> None:
    path.rename(f"{path}~")
    path.write_text(ANNA, encoding="utf-8")
    Path(f"{path}~").unlink()


def save_as_sed_does(path: Path) -> None:
    temporary = path.with_name("sedXq2k1")
    temporary.write_text(ANNA, encoding="utf-8")
    temporary.replace(path)


def delete(path: Path) -> None:
    path.unlink()


def move_away(path: Path) -> None:
    path.rename(path.parent.parent.parent / path.name)


def rename_its_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


WAYS = [save_in_place, save_as_vim_does, save_as_sed_does, delete, move_away, rename_its_folder]


@pytest.mark.parametrize("change", WAYS, ids=lambda one: one.__name__)
@pytest.mark.usefixtures("watcher")
def test_every_way_to_change_a_file_is_hinted_at(
    change: Callable[[Path], None], root: Path, hints: Hints
) -> None:
    change(root / "customers" / "anna.md")
    until(lambda: hints.count > 0)


@pytest.mark.usefixtures("watcher")
def test_a_folder_that_is_new_is_watched_too(root: Path, hints: Hints) -> None:
    (root / "customers" / "new" / "er").mkdir(parents=True)
    until(lambda: hints.count > 0)
    path = root / "customers" / "new" / "er" / "zoe.md"
    path.write_text(ANNA, encoding="utf-8")
    Event().wait(1)  # until all of that has been hinted at
    before = hints.count
    save_in_place(path)
    until(lambda: hints.count > before)


@linux_only
@pytest.mark.usefixtures("watcher")
def test_what_counts_for_nothing_is_not_hinted_at(root: Path, hints: Hints) -> None:
    (root / ".git" / "objects").mkdir(parents=True)
    (root / ".git" / "index.md").write_text("x")
    for name in (".anna.md.swp", "anna.md~", "4913", "all.ics", ".ptcrm-12.tmp"):
        (root / "customers" / name).write_text("x")
    (root / "customers" / "zoe.md").write_text(ANNA, encoding="utf-8")  # created and closed
    until(lambda: hints.count == 2)


@pytest.mark.parametrize(
    "path", ["ptcrm.yaml", "customers/anna.md", "customers/A B/ANNA.MD", "customers/trade"]
)
def test_what_answers_follow_from_counts(path: str) -> None:
    assert counts("/home/.vaults/mine", f"/home/.vaults/mine/{path}")


@pytest.mark.parametrize(
    "path", [".git/HEAD", ".obsidian/a.md", "customers/anna.md~", "published/all.ics", "customers/#anna.md#"]
)
def test_what_nothing_follows_from_does_not_count(path: str) -> None:
    assert not counts("/home/.vaults/mine", f"/home/.vaults/mine/{path}")


def test_a_folder_of_any_name_counts_but_those_that_are_passed_over() -> None:
    assert counts("/v", "/v/customers/a.b", is_folder=True)
    assert not counts("/v", "/v/.git/a", is_folder=True)


def test_a_vault_behind_a_link_is_watched(root: Path, hints: Hints, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    watcher = Watcher(tmp_path / "link", hints)
    assert watcher.start()
    save_in_place(root / "ptcrm.yaml")
    until(lambda: hints.count > 0)
    watcher.stop()


def test_a_hint_that_fails_does_not_end_the_watching(root: Path) -> None:
    calls = Hints()

    def fail(place: str) -> None:
        calls(place)
        raise RuntimeError("not me")

    watcher = Watcher(root, fail)
    assert watcher.start()
    for number in (1, 2):
        before = calls.count
        write(root, f"zoe{number}", ANNA)
        until(lambda before=before: calls.count > before)  # type: ignore[misc]
    assert not watcher.is_outdated()
    watcher.stop()


def test_another_folder_in_its_place_is_noticed(
    root: Path, watcher: Watcher, hints: Hints, tmp_path: Path
) -> None:
    assert not watcher.is_outdated()
    root.rename(tmp_path / "away")
    assert watcher.is_outdated()
    assert not watcher.start()
    assert not watcher.is_outdated()
    shutil.copytree(tmp_path / "away", root)
    assert watcher.is_outdated()
    assert watcher.start()
    assert not watcher.is_outdated()
    save_in_place(root / "customers" / "anna.md")
    until(lambda: hints.count > 0)


@linux_only
def test_where_no_more_folders_can_be_watched_no_events_are_promised(
    root: Path, hints: Hints, monkeypatch: pytest.MonkeyPatch
) -> None:
    from watchdog.observers import inotify_c

    def full(_: int, path: bytes, mask: int) -> int:
        if path != os.fsencode(os.path.realpath(root)):
            import ctypes

            ctypes.set_errno(errno.ENOSPC)
            return -1
        return real(_, path, mask)

    real = inotify_c.inotify_add_watch
    monkeypatch.setattr(inotify_c, "inotify_add_watch", full)
    watcher = Watcher(root, hints)
    assert not watcher.start()
    assert not watcher.is_outdated()
    watcher.stop()


@linux_only
@pytest.mark.parametrize("error", [OSError(errno.EMFILE, "too many"), RuntimeError("what is this")])
def test_where_watching_fails_no_events_are_promised(
    error: Exception, root: Path, hints: Hints, monkeypatch: pytest.MonkeyPatch
) -> None:
    from watchdog.observers.inotify_c import InotifyFD

    def fail() -> int:
        raise error

    monkeypatch.setattr(InotifyFD, "_create_inotify_fd", fail)
    assert not Watcher(root, hints).start()


def test_where_watching_would_be_polling_no_events_are_promised(
    root: Path, hints: Hints, monkeypatch: pytest.MonkeyPatch
) -> None:
    from watchdog import observers
    from watchdog.observers.polling import PollingObserver

    monkeypatch.setattr(observers, "Observer", PollingObserver)
    assert not Watcher(root, hints).start()


def test_watching_is_loaded_only_when_it_is_used() -> None:
    code = "import sys, ptcrm.vault.watch, ptcrm.cli.watch; print('watchdog' in sys.modules, 'icalendar' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


# The files that are exported

BODY = Body(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "", 0)
FULL = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def test_each_feed_is_a_file_and_only_what_differs_is_written(tmp_path: Path) -> None:
    feeds = {"all": BODY, "gold": Body(FULL, "", 0)}
    assert exported(tmp_path, feeds, is_empty=False) == (["all.ics", "gold.ics"], [])
    assert exported(tmp_path, feeds, is_empty=False) == ([], [])
    assert (tmp_path / "gold.ics").read_bytes() == FULL


def test_what_cannot_be_written_is_said_and_the_others_are_written(tmp_path: Path) -> None:
    (tmp_path / "all.ics").write_text("somebody's own")
    (tmp_path / "best.ics").mkdir()
    written, problems = exported(tmp_path, dict.fromkeys(["all", "best", "gold"], BODY), is_empty=False)
    assert written == ["gold.ics"]
    assert [
        str(tmp_path / name) in problem
        for name, problem in zip(("all.ics", "best.ics"), problems, strict=True)
    ]
    assert (tmp_path / "all.ics").read_text() == "somebody's own"
    _, problems = exported(tmp_path / "gone", {"all": BODY}, is_empty=False)
    assert len(problems) == 1
    assert not (tmp_path / "gone").exists()


def test_a_calendar_with_events_stays_if_the_vault_has_no_customers(tmp_path: Path) -> None:
    (tmp_path / "all.ics").write_bytes(FULL)
    assert exported(tmp_path, {"all": BODY}, is_empty=True)[1] != []
    assert (tmp_path / "all.ics").read_bytes() == FULL
    assert exported(tmp_path, {"all": BODY}, is_empty=False)[0] == ["all.ics"]


# The command


class Watching:
    """`ptcrm watch` as a process."""

    def __init__(self, root: Path, folder: Path, *options: str) -> None:
        self.folder, self.out, self.err = folder, folder / "out.txt", folder / "err.txt"
        command = [sys.executable, "-m", "ptcrm", "--vault", str(root), "watch", *options]
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(command, stdout=out, stderr=err, cwd=folder)

    def printed(self) -> list[str]:
        """The lines so far, each without the time."""
        return [line[10:] for line in self.out.read_text(encoding="utf-8").splitlines()]

    def complained(self) -> list[str]:
        return [line[10:] for line in self.err.read_text(encoding="utf-8").splitlines()]

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(by)
        return self.process.wait(PATIENCE)


Watch = Callable[..., Watching]


@pytest.fixture
def watch(root: Path, tmp_path: Path) -> Iterator[Watch]:
    """`watch("--export", "out")`: the process in a folder of its own, after its first refresh."""
    begun: list[Watching] = []

    def call(*options: str) -> Watching:
        folder = tmp_path / "here"
        folder.mkdir(exist_ok=True)
        one = Watching(root, folder, *options)
        begun.append(one)
        until(lambda: one.printed() != [] or one.complained() != [] or one.process.poll() is not None)
        return one

    yield call
    for one in begun:
        with suppress(OSError):
            one.process.kill()
        one.process.wait()


@signals_only
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_feeds_are_files_that_keep_up(by: signal.Signals, root: Path, watch: Watch, run: Run) -> None:
    watching = watch("--export", "out/feeds")
    feed = watching.folder / "out" / "feeds" / "all.ics"
    until(lambda: watching.printed() == ["2 files, all.ics changed"])
    assert b"Zoe" not in feed.read_bytes()
    write(root, "zoe", customer("Zoe"))
    until(lambda: b"Zoe" in feed.read_bytes())
    until(lambda: watching.printed()[1:] == ["1 file read, all.ics changed"])
    run("--vault", root, "set", "zoe", "name", "Zoe Zielinska")
    until(lambda: b"Zoe Zielinska" in feed.read_bytes())
    assert watching.end(by) == 0
    assert watching.complained() == []


@signals_only
def test_without_an_export_it_says_which_feeds_differ(root: Path, watch: Watch) -> None:
    watching = watch()
    until(lambda: watching.printed() == ["2 files, all changed"])
    (root / "customers" / "anna.md").write_text(ANNA + "\nSome words.\n", encoding="utf-8")
    until(lambda: watching.printed()[1:] == ["1 file read, no feed changed"])
    assert watching.end() == 0


@signals_only
def test_a_problem_is_said_when_it_begins_and_when_it_ends(root: Path, watch: Watch, tmp_path: Path) -> None:
    watching = watch("--export", "out")
    before = (watching.folder / "out" / "all.ics").read_bytes()
    root.rename(tmp_path / "away")
    until(lambda: len(watching.complained()) == 1)
    (tmp_path / "away").rename(root)
    until(lambda: len(watching.complained()) == 2)
    assert watching.complained()[0].startswith("ptcrm.yaml: it cannot be read (")
    assert watching.complained()[1] == "All is well again."
    assert (watching.folder / "out" / "all.ics").read_bytes() == before
    assert watching.end() == 0


@signals_only
def test_files_with_errors_are_counted(root: Path, watch: Watch) -> None:
    watching = watch()
    write(root, "zoe", "---\nname: [Zoe\n---\n")
    until(lambda: watching.complained() == ["1 file with errors, see `ptcrm check`."])
    write(root, "zoe", customer("Zoe"))
    until(lambda: watching.complained()[1:] == ["All is well again."])
    assert watching.end() == 0


@signals_only
def test_a_folder_for_the_feeds_that_vanishes_is_not_made_again(root: Path, watch: Watch) -> None:
    watching = watch("--export", "out")
    out = watching.folder / "out"
    until(out.joinpath("all.ics").exists)
    shutil.rmtree(out)
    write(root, "zoe", customer("Zoe"))
    until(lambda: len(watching.complained()) == 1)
    assert not out.exists()
    out.mkdir()
    write(root, "ula", customer("Ula"))
    until(lambda: len(watching.complained()) == 2)
    assert b"Ula" in (out / "all.ics").read_bytes()
    assert watching.end() == 0


@signals_only
def test_feeds_may_stand_in_the_vault_itself(root: Path, watch: Watch) -> None:
    watching = watch("--export", str(root))
    until(lambda: watching.printed() == ["2 files, all.ics changed"])
    for number in (1, 2):
        write(root, "zoe", customer("Zoe", f"1984-05-1{number}"))
        until(lambda number=number: len(watching.printed()) == 1 + number)  # type: ignore[misc]
    assert watching.end() == 0
    assert set(watching.printed()[1:]) == {"1 file read, all.ics changed"}


@signals_only
def test_a_checkout_of_many_files_is_one_refresh_or_few(root: Path, watch: Watch) -> None:
    git = ["git", "-C", str(root), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "two"], check=True)
    for number in range(200):
        write(root, f"zoe{number}", customer(f"Zoe{number}"))
    subprocess.run([*git, "checkout", "-q", "-b", "many"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "many"], check=True)
    subprocess.run([*git, "checkout", "-q", "main"], check=True)
    watching = watch("--export", "out")
    feed = watching.folder / "out" / "all.ics"
    until(lambda: watching.printed() == ["2 files, all.ics changed"])
    subprocess.run([*git, "checkout", "-q", "many"], check=True)
    until(lambda: feed.read_bytes().count(b"SUMMARY:Zoe") >= 200)
    subprocess.run([*git, "checkout", "-q", "main"], check=True)
    until(lambda: b"SUMMARY:Zoe" not in feed.read_bytes())
    assert watching.end() == 0
    assert watching.complained() == []


@signals_only
def test_it_ends_at_once_when_nobody_reads_what_it_prints(root: Path) -> None:
    command = [sys.executable, "-m", "ptcrm", "--vault", str(root), "watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        write(root, "zoe", customer("Zoe"))
        assert process.wait(PATIENCE) == 141
        assert process.stderr.read() == b""


def test_without_a_vault_it_does_not_begin(run: Run, tmp_path: Path) -> None:
    result = run("--vault", tmp_path / "nothing", "watch")
    assert (result.exit_code, result.stdout) == (3, "")


def test_without_a_folder_to_write_to_it_does_not_begin(root: Path, run: Run) -> None:
    result = run("--vault", root, "watch", "--export", root / "ptcrm.yaml")
    assert (result.exit_code, result.stdout) == (4, "")


@signals_only
def test_it_begins_with_settings_that_cannot_be_read_and_waits_for_better(root: Path, watch: Watch) -> None:
    (root / "ptcrm.yaml").write_text("feeds: [")
    watching = watch("--export", "out")
    assert watching.complained()[0].startswith("ptcrm.yaml:1:")
    assert list((watching.folder / "out").iterdir()) == []
    (root / "ptcrm.yaml").write_text("")
    until((watching.folder / "out" / "all.ics").exists)
    assert watching.end() == 0


@signals_only
def test_a_signal_while_it_begins_ends_it(root: Path, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    for number in range(300):
        write(root, f"zoe{number}", customer(f"Zoe{number}"))
    watching = Watching(root, tmp_path / "here", "--export", "out")
    until((tmp_path / "here" / "out").exists)
    assert watching.end() == 0
