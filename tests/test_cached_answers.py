"""Cached equals fresh: whatever happens to the vault, every command answers as with `--no-cache`."""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptcrm.cli import cli
from ptcrm.start import is_answered
from tests.conftest import MakeVault, Run

MONDAY = date(2026, 11, 23)
STEMS = ("anna", "jan", "piotr", "shop", "zoe")
FOLDERS = ("", "trade", "trade/old", "away")

# Every command that asks. What they share is worked out by whichever comes first, so their order is drawn.
COMMANDS = [
    line.split()
    for line in """

--json
due
due --json --all
due --until +3w
due --until friday tier:gold
due --all --ids
agenda
agenda --json --weeks 5
plan
plan --json --horizon 8w
neglected --json
neglected --over 10% tier:gold
birthdays
birthdays --json --until 2028-03-01
budget
budget --json --year 2025
winback
winback --json
review
review --json --from 2026-01-01
review consistency
review value --ids
review --year 2026
tiers
tiers --json
campaign
campaign christmas --json
campaign easter
list
list --json
list tier:gold
list @vip --json
list state:overdue --ids
list planned:<+2w --columns id,planned,due
list Gdańsk --json
list log.text:frames
list [[shop]]
list company:shop last:>2026-09-01
list hue:red
find frames
find fair --json
find shop
timeline
timeline --json --since 2026-09-01 --channel call,visit
timeline tier:gold --all
tags
tags --json
fields
fields --json
stats
stats --json tier:gold
library list --all --json
share
share tip
share anna --json
show anna
show jan --json
show shop
brief anna
brief zoe
draft --list
draft anna thanks --json
why anna
why jan --json
why shop
playbook anna
playbook jan --json
check
check --json
check --select PT1 --diff
check --fix --unsafe-fixes --dry-run
conflicts
conflicts --json
dupes
dupes --min 20 --json
export ics
export ics --feed gold
export ics --feed birthdays
export vcard
export vcard tag:vip --version 3.0
export csv
export csv --table log -tag:vip
export jsonl --table follow-ups
export jsonl state:overdue
export print anna
export print jan --html
export mailing --where tier:gold --channel card --json
list --archived --json
digest
digest --markdown
feed list
""".splitlines()[1:]
]

FRONT = {
    "name": ("Anna Kowalska", "Łukasz", "No", "[", "Jan", "Zoe ]"),
    "id": ("jan", "zoe-1", "a/b"),
    "aliases": ("[boss]", "[jan]", "[shop, boss]"),
    "kind": ("company", "person"),
    "company": ("'[[shop]]'", "'[[zoe]]'", "'[[boss]]'", "'[[nobody]]'"),
    "status": ("active", "paused", "former", "prospect", "odd"),
    "left": ("2026-08-20", "2027-01-01"),
    "left_reason": ("price", "moved"),
    "tier": ("gold", "lead", "none"),
    "cadence": ("2 weeks", "3 months", "never", "1 day", "soon"),
    "cadence_until": ("2026-11-24", "2026-12-31"),
    "birthday": ("1990-11-30", "--11-25", "2000-02-29", "31.12.1999"),
    "occasions": ("[wedding 2012-12-01]", "[opening --11-24]"),
    "since": ("2021-11-30", "2026-11-01", "2026-12-01"),
    "snooze": ("2026-11-25", "2027-01-01"),
    "mute": ("[birthday]", "[]"),
    "do_not_contact": ("true", "false"),
    "prefers": ("[call, visit]", "[cal]"),
    "avoids": ("[call]", "[email]"),
    "tags": ("[vip]", "[vip, bike]"),
    "places": ("[Gdańsk]", "[Hel]"),
    "referred_by": ("'[[jan]]'", "'[[jan-nowak]]'"),
    "timezone": ("Asia/Tokyo", "Mars/Olympus"),
    "emails": ("[a@b.example]", "[a]"),
    "owner": ("marta", "mart"),
    "hue": ("red", "blue"),
}
BODY = (
    "Met at the fair in Gdańsk. See [[jan]].",
    "- [ ] 2026-11-20 call: Ask for the frames",
    "- [ ] 2026-12-01 email: Send [[shop]] a list ^list",
    "- [x] 2026-11-10 call: Asked",
    "- [ ] 2026-11-24 memo: Not a touch [every:: 1 week]",
    "- [ ] 2026-11-02 feedback: The bell is too loud",
    "- [ ] 2026-13-01 call: no such day",
)
LOG = (
    "- 2026-11-01 call: Talked [with:: [[jan]]]",
    "- 2026-10-01 visit: Saw [with:: [[zoe]]] the frames",
    "- 2026-11-20 visit: With the boss [with:: [[boss]]] [cost:: 12 EUR]",
    "- 2026-09-01 call (no answer): tried",
    "- 2026-11-18 call (no answer): tried",
    "- 2026-11-10 call (voicemail): left a message",
    "- 2026-11-25 call: in the future",
    "- 2026-08-01 email: mailed #expansion",
    "- 2026-11-16 sale: Two bikes [amount:: 5400 EUR]",
    "- 2025-10-02 sale: One bike [amount:: 900 PLN]",
    "- 2026-12-02 card: Christmas",
    "- 2026-11-21 workshop: Brakes",
    "- 2026-11-12 note: Thank you [step:: after-sale/1]",
    "- 2026-11-05 referral: Sent [[zoe]]",
    "- 2026-02-30 call: no such day",
)
# Words that may change places and leave the size of a file as it was.
SAME_SIZE = (
    ("gold", "lead"),
    ("2026-11", "2025-11"),
    ("2026-1", "2026-0"),
    ("[[jan]]", "[[zoe]]"),
    ("call", "note"),
    ("[ ]", "[x]"),
    ("frames", "saddle"),
    ("boss", "jefe"),
    ("red", "dun"),
    ("birthday", "birthdya"),
    ("customers", "customirs"),
    ("Talked", "Tanked"),
    ("per_day: 2", "per_day: 4"),
    ("3 weeks", "9 weeks"),
)

CONFIG = {
    "start": "2026-01-05",
    "timezone": "Europe/Warsaw",
    "country": "PL",
    "away": "[2026-12-24..2027-01-03]",
    "capacity": "{per_day: 2, intake: 1}",
    "min_gap": "5 days",
    "default_cadence": "6 weeks",
    "retry": "3 days",
    "tiers": "{gold: {cadence: 3 weeks, budget: 200 EUR/year, when: 'revenue:>5000'}, lead: {cadence: 6 weeks}}",
    "statuses": "{former: {cadence: 6 months}, paused: {cadence: never}}",
    "channels": "{workshop: {touch: true, cost: 30 EUR}}",
    "playbooks": "{after-sale: {starts: sale, lapse: 30 days, steps: [{after: 7 days, do: note, text: Thanks},"
    " {after: 14 days, do: call, text: Fine?}]}, win-back: {starts: left, steps: [{after: 3 months, do: email, text: x}]}}",
    "changes": "[{date: 2026-10-01, fixes: price, text: New price list}]",
    "campaigns": "{christmas: {date: --12-10, do: card, where: 'tier:gold,lead'}, easter: {date: --04-01, do: email}}",
    "occasions": "{leap_day: feb28, lead: {birthday: 7 days, campaign: 14 days}, customer_years: [1, 5]}",
    "queries": "{vip: 'tier:gold or tag:vip'}",
    "owners": "[marta]",
    "feeds": "{all: {}, gold: {where: 'tier:gold', alarm: '09:00'}, birthdays: {kinds: [birthday], private: true}}",
}
# Other values of the settings; None: the key is not there.
OTHERWISE: dict[str, tuple[str | None, ...]] = {
    "start": ("2026-11-20", None),
    "timezone": ("Asia/Tokyo", "Mars/Olympus"),
    "country": ("DE-BE", None, "XX"),
    "away": ("[2026-11-23..2026-11-27]", "[]"),
    "capacity": ("{per_day: 1, intake: 1}", "{per_day: 9, intake: 3}"),
    "min_gap": ("1 day", "3 weeks"),
    "default_cadence": ("1 week", "never"),
    "retry": ("9 days",),
    "tiers": ("{lead: {cadence: 3 weeks}, gold: {cadence: 1 week}}", "{}", "["),
    "statuses": ("{former: {cadence: never}}", "{odd: {cadence: 1 week}}"),
    "channels": ("{call: {touch: false}}", "{workshop: {touch: false, also: [call]}}"),
    "playbooks": ("{}", "{again: {starts: visit, steps: [{after: 2 days, do: call, text: Again?}]}}"),
    "changes": ("[]",),
    "campaigns": ("{christmas: {date: --11-24, do: card, where: 'tag:vip'}}", "{bad: {where: 'tier:('}}"),
    "occasions": ("{leap_day: mar1}", "{lead: {birthday: 1 day}}"),
    "queries": ("{vip: 'place:Hel'}", "{vip: '('}"),
    "owners": ("[mart]", None),
    "feeds": ("{all: {horizon: 30 days}, gold: {}, birthdays: {}}", "{gold: {where: '@vip'}}"),
    "customers": ("[customers, more]", "more", "customers/trade"),
    "log": ("{headings: [Dziennik]}",),
}
WRITING = (
    "log anna call: Talked about frames",
    "log jan visit: Saw her [with:: [[zoe]]]",
    "log shop,zoe email: To both",
    "done anna 1",
    "done jan 1 --log fine",
    "move anna 1 +1w",
    "snooze anna 2026-12-05",
    "set anna tier lead",
    "set jan company [[zoe]]",
    "set shop aliases boss",
    "rename anna ania",
    "rename zoe zofia",
    "merge anna jan --keep a",
    "dupes --not anna jan",
    "add Nina --tier gold",
    "check --fix",
    "undo",
)


class Step(NamedTuple):
    """Something that happens to the vault: a method of `Life`, and what it is called with."""

    kind: str
    first: object = None
    second: object = None


@st.composite
def customer(draw: st.DrawFn) -> str:
    """A customer's file."""
    keys = draw(st.lists(st.sampled_from(sorted(FRONT)), max_size=5, unique=True))
    front = [f"{key}: {draw(st.sampled_from(FRONT[key]))}" for key in keys]
    body, log = (
        draw(st.lists(st.sampled_from(BODY), max_size=3)),
        draw(st.lists(st.sampled_from(LOG), max_size=4)),
    )
    return "\n".join(["---", *front, "---", *body, "## Log", *log, ""])


@st.composite
def setting(draw: st.DrawFn) -> Step:
    """Another value of a setting, or the first one."""
    key = draw(st.sampled_from(sorted(OTHERWISE)))
    return Step("configure", key, draw(st.sampled_from((*OTHERWISE[key], CONFIG.get(key)))))


WHO, NUMBER = st.sampled_from(STEMS), st.integers(0, 9)
STAMP = st.sampled_from([0, 10**18, 1_700_000_000 * 10**9, 4 * 10**18])
STEPS = st.one_of(
    st.just(Step("rest")),
    st.builds(Step, st.just("write"), WHO, customer()),
    st.builds(Step, st.just("append"), WHO, st.sampled_from((*LOG, *BODY))),
    st.builds(Step, st.just("swap"), WHO, NUMBER),
    st.builds(Step, st.just("replace"), WHO, NUMBER),
    st.builds(Step, st.just("delete"), WHO),
    st.builds(Step, st.just("rename"), WHO, WHO),
    st.builds(Step, st.just("move"), WHO, st.sampled_from(FOLDERS)),
    st.builds(Step, st.just("move_folder"), st.sampled_from(FOLDERS[1:]), st.sampled_from(FOLDERS[1:])),
    st.builds(Step, st.just("date_back"), WHO, STAMP),
    st.just(Step("restore")),
    setting(),
    st.builds(Step, st.just("swap_settings"), NUMBER),
    st.builds(Step, st.just("go_on"), st.sampled_from([-365, -30, -7, -1, 1, 2, 5, 30, 365])),
    st.builds(Step, st.just("set_clock"), st.sampled_from([0, 3600, -86_400])),
    st.builds(Step, st.just("tell_time"), st.sampled_from([None, 0, 12, 23])),
    st.builds(Step, st.just("run"), st.sampled_from(WRITING)),
    st.builds(Step, st.just("look"), st.sampled_from(COMMANDS), st.sampled_from([-40, -1, 1, 9])),
)  # fmt: skip


class _Whole(click.Command):
    """The command as people start it: the answer that was given before comes first."""

    given_again = 0

    def main(self, args: Sequence[str] | None = None, *more: Any, **extra: Any) -> Any:  # noqa: ANN401
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", ["ptcrm", *(args or ())])
            if is_answered():
                self.given_again += 1
                sys.exit()
        return cli.main(args, *more, **extra)


WHOLE = _Whole("ptcrm")


class Life:
    """A vault to which things happen, and the two ways of asking about it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root, self.today = folder, folder / "vault", MONDAY
        self.customers, self.settings = self.root / "customers", dict[str, str | None](CONFIG)
        self.ahead = 3600  # seconds by which the clock is ahead: files are older than the scan
        self.hour: int | None = None
        self.customers.mkdir(parents=True)
        self.configure("start", CONFIG["start"])
        for stem, text in START.items():
            self.write(stem, text)

    # What happens

    def rest(self, *_: object) -> None:
        """Nothing happens."""

    def place(self, stem: str) -> Path:
        """Where the customer's file is, else where it would be."""
        found = sorted(self.customers.rglob(f"{stem}.md"))
        return found[0] if found else self.customers / f"{stem}.md"

    def write(self, stem: str, text: str) -> None:
        self.place(stem).write_text(text, encoding="utf-8")

    def append(self, stem: str, line: str) -> None:
        if self.place(stem).exists():
            with self.place(stem).open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")

    def swap(self, stem: str, number: int) -> None:
        """Other words of the same length, in place, with the old times."""
        _swap(self.place(stem), number)

    def replace(self, stem: str, number: int) -> None:
        """As `swap`, by another file that takes the place of the old one."""
        path = self.place(stem)
        if path.exists():
            beside = path.with_suffix(".new")
            shutil.copy2(path, beside)
            _swap(beside, number)
            beside.replace(path)

    def delete(self, stem: str, _: object) -> None:
        self.place(stem).unlink(missing_ok=True)

    def rename(self, stem: str, other: str) -> None:
        if self.place(stem).exists():
            self.place(stem).replace(self.place(other))

    def move(self, stem: str, folder: str) -> None:
        if self.place(stem).exists():
            (self.customers / folder).mkdir(parents=True, exist_ok=True)
            self.place(stem).replace(self.customers / folder / f"{stem}.md")

    def move_folder(self, old: str, new: str) -> None:
        source, target = self.customers / old, self.customers / new
        if source.is_dir() and not target.exists() and source not in target.parents:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)

    def date_back(self, stem: str, stamp: int) -> None:
        if self.place(stem).exists():
            os.utime(self.place(stem), ns=(stamp, stamp))

    def restore(self, *_: object) -> None:
        """The vault from a backup: the same names, sizes and times, other inodes."""
        shutil.copytree(self.root, self.folder / "backup")
        shutil.rmtree(self.root)
        (self.folder / "backup").rename(self.root)

    def configure(self, key: str, value: str | None) -> None:
        self.settings[key] = value
        lines = [f"{name}: {value}\n" for name, value in self.settings.items() if value is not None]
        (self.root / "ptcrm.yaml").write_text("".join(lines), encoding="utf-8")

    def swap_settings(self, number: int, _: object) -> None:
        _swap(self.root / "ptcrm.yaml", number)

    def go_on(self, days: int, _: object) -> None:
        self.today += timedelta(days=days)

    def set_clock(self, ahead: int, _: object) -> None:
        """Files are as young as the scan (0), or from the future (less than that)."""
        self.ahead = ahead

    def tell_time(self, hour: int | None, _: object) -> None:
        """From now on the clock says which day it is, in UTC at this hour; None: `--today` does."""
        self.hour = hour

    def run(self, line: str, _: object) -> None:
        """A command that writes, whatever becomes of it."""
        self.ask(line.split())

    def look(self, words: list[str], days: int) -> None:
        """Somebody asks as on another day."""
        self.today += timedelta(days=days)
        self.ask(words)
        self.today -= timedelta(days=days)

    # What is asked

    def ask(self, words: list[str], *before: str) -> tuple[str, str, int]:
        """What a command says on stdout and stderr, and its exit code."""
        env = {
            name: str(self.folder) for name in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")
        }
        today = ["--today", str(self.today)] if self.hour is None else []
        line = ["--vault", str(self.root), *today, *before, *words]
        clock, ahead = time.time_ns, self.ahead * 10**9
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ptcrm.workspace.opened.time.time_ns", lambda: clock() + ahead)
            if self.hour is not None:
                _set_day(
                    patch, datetime.combine(self.today, datetime.min.time(), UTC) + timedelta(hours=self.hour)
                )
            result = CliRunner().invoke(WHOLE, line, env=env)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "something went wrong inside" not in result.stderr, result.stderr
        return result.stdout_bytes.decode(), result.stderr_bytes.decode(), result.exit_code

    def compare(self, commands: list[list[str]]) -> None:
        """These commands answer as without the cache."""
        for words in commands:
            fresh = self.ask(words, "--no-cache")
            for _ in range(2):  # worked out, and given again
                assert self.ask(words) == fresh, f"ptcrm {' '.join(words)}"


def _set_day(patch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Let every clock that tells the day say that it is this moment."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Clock:
            return cls.fromtimestamp(moment.timestamp(), tz)

    patch.setattr("ptcrm.workspace.opened.datetime", Clock)
    patch.setattr("ptcrm.vault.answers.time.time", moment.timestamp)


def _swap(path: Path, number: int) -> None:
    """Put words of the same length in the place of others that are there; the times stay as they were."""
    if not path.exists():
        return
    before, content = path.stat(), path.read_bytes()
    pairs = [(one.encode(), other.encode()) for pair in SAME_SIZE for one, other in (pair, pair[::-1])]
    fitting = [pair for pair in pairs if pair[0] in content]
    if fitting:
        with path.open("r+b") as file:
            file.write(content.replace(*fitting[number % len(fitting)], 1))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


START = {
    "anna": "---\nname: Anna Kowalska\ntier: gold\ncompany: '[[shop]]'\nbirthday: 1984-11-27\ntags: [vip]\nhue: red\n---\n"
    "- [ ] 2026-11-20 call: Ask for the frames\n## Log\n- 2026-11-01 call: Talked [with:: [[jan]]]\n",
    "jan": "---\nname: Jan\ntier: lead\n---\n## Log\n- 2026-11-10 sale: x [amount:: 5400 EUR]\n",
    "piotr": "---\nstatus: former\nleft: 2026-08-20\nleft_reason: price\ncompany: '[[shop]]'\n---\n",
    "shop": "---\nkind: company\ncadence: 1 month\naliases: [boss]\n---\nMet at the fair.\n",
    "zoe": "---\nsince: 2026-11-01\n---\n",
}


def live(steps: list[tuple[Step, bool, int]], count: int, folder: Path) -> None:
    """Take the steps; after each that is asked about, and before and behind all, `count` commands are compared."""
    life = Life(folder)
    life.compare(drawn(0, count))
    for step, is_asked, order in steps:
        act: Callable[[object, object], None] = getattr(life, step.kind)
        act(step.first, step.second)
        if is_asked:
            life.compare(drawn(order, count))
    life.compare(drawn(1, count))


def drawn(order: int, count: int) -> list[list[str]]:
    """So many of the commands, shuffled."""
    return random.Random(order).sample(COMMANDS, count)


SMALL = [
    Step("swap", "anna", 0),
    Step("replace", "anna", 0),
    Step("swap_settings", 0),
    Step("append", "anna", LOG[2]),
    Step("append", "anna", LOG[0]),
    Step("write", "piotr", "---\ncompany: '[[zoe]]'\n---\n## Log\n- 2026-11-21 call: x\n"),
    Step("write", "zoe", "---\naliases: [boss]\n---\n"),
    Step("append", "zoe", "New frames."),
    Step("delete", "shop"),
    Step("rename", "jan", "nina"),
    Step("move", "anna", "trade"),
    Step("restore"),
    Step("configure", "away", "[2026-11-23..2026-11-27]"),
    Step("configure", "customers", "more"),
    Step("go_on", 1),
    Step("go_on", -20),
    Step("go_on", 60),
    Step("tell_time", 23),
]
TELLING = [
    line.split()
    for line in """--json
due --json --all
agenda --json --weeks 5
why jan --json
list --json
list frames
show shop
stats --json
check --json
export ics""".splitlines()
]


@pytest.mark.parametrize("step", SMALL, ids=lambda step: " ".join(map(str, step)).partition("\n")[0][:30])
def test_a_small_change_is_seen(step: Step, tmp_path: Path) -> None:
    life = Life(tmp_path)
    before = [life.ask(words) for words in TELLING]
    getattr(life, step.kind)(*step[1:])
    assert step.kind in ("move", "restore") or [life.ask(words, "--no-cache") for words in TELLING] != before
    life.compare(TELLING)


@pytest.mark.slow
def test_every_command_answers_as_without_the_cache(whole: bool) -> None:
    """Each step is a change, whether it is asked about at once, and the order of asking."""
    steps = st.lists(st.tuples(STEPS, st.booleans(), st.integers(0, 999)), min_size=3, max_size=10)

    @settings(max_examples=400 if whole else 8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=steps)
    def holds(steps: list[tuple[Step, bool, int]]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            live(steps, len(COMMANDS) if whole else 10, Path(folder))

    holds()
    assert WHOLE.given_again > 50


def test_no_row_is_kept_without_the_cache(run: Run, make_vault: MakeVault, own_home: Path) -> None:
    vault = make_vault(START)
    for words in (["due"], ["list", "frames"], ["log", "anna", "call: x"], ["undo"], []):
        assert run("--vault", vault, "--today", MONDAY, "--no-cache", *words).exit_code == 0
    assert [path.name for path in own_home.rglob("*") if path.suffix == ".sqlite"] == []
    run("--vault", vault, "--today", MONDAY, "due")
    (place,) = own_home.rglob("*.sqlite")
    place.write_bytes(b"rubbish")
    assert run("--vault", vault, "--today", MONDAY, "--no-cache", "due").exit_code == 0
    assert place.read_bytes() == b"rubbish"


def test_a_calendar_file_is_as_before_only_while_it_is(tmp_path: Path) -> None:
    life = Life(tmp_path)
    file = life.folder / "feed.ics"
    words = ["export", "ics", "-o", str(file)]
    assert ", as before" not in life.ask(words)[1]
    content, count = file.read_bytes(), WHOLE.given_again
    assert life.ask(words) == life.ask(words, "--no-cache")
    assert WHOLE.given_again == count + 1
    for spoil in (file.unlink, lambda: file.write_bytes(content[:-20] + b"END:VCALENDAR\r\n")):
        spoil()
        assert ", as before" not in life.ask(words)[1]
        assert file.read_bytes() == content
        assert life.ask(words)[1].endswith(", as before\n")
    assert WHOLE.given_again == count + 3
