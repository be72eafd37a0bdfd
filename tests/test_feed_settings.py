"""What `feeds:` and `id:` of ptcrm.yaml do to a feed, and `export ics` with every feed at once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.model.settings import TITLE_FIELDS
from ptcrm.text.template import filled, unknown_part
from tests.conftest import DAY, MakeVault, Run

ANNA = """\
---
name: Anna Kowalska
tier: gold
birthday: 1984-05-17
---
- [ ] 2026-11-10 call: Old
- [ ] 2026-11-22 call: Late
- [ ] 2026-11-30 visit: Soon
- [ ] 2027-06-01 call: Far
"""


def titles(run: Run, make_vault: MakeVault, settings: str) -> list[str]:
    """The titles of the one feed's events, in their order."""
    vault = make_vault({"anna": ANNA}, f"tiers: {{gold: {{cadence: never}}}}\nfeeds: {{x: {{{settings}}}}}\n")
    result = run("--vault", vault, "--today", DAY, "export", "ics", "--feed", "x")
    assert result.exit_code == 0, result.stderr
    calendar: Any = icalendar.Calendar.from_ical(result.stdout_bytes)
    return [str(one["SUMMARY"]) for one in calendar.subcomponents]


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("kinds: [follow-up]", ["2 overdue: Anna Kowalska", "Visit: Soon", "Call: Far"]),
        ("kinds: [follow-up], horizon: 1 week", ["2 overdue: Anna Kowalska", "Visit: Soon"]),
        ("kinds: [follow-up], horizon: 6 days", ["2 overdue: Anna Kowalska"]),
        ("kinds: [follow-up], past: 1 day", ["2 overdue: Anna Kowalska", "Visit: Soon", "Call: Far"]),
        ("kinds: [follow-up], overdue: today, past: 1 day", ["Call: Old", "Call: Late", "Visit: Soon", "Call: Far"]),
        ("kinds: [follow-up], overdue: original, past: 1 day", ["Call: Late", "Visit: Soon", "Call: Far"]),
        ("kinds: [follow-up], overdue: original, past: 13 days", ["Call: Old", "Call: Late", "Visit: Soon", "Call: Far"]),
        ("kinds: [follow-up], todo: true", ["Call: Old", "Call: Late", "Visit: Soon", "Call: Far"]),
        ("kinds: [follow-up], todo: true, overdue: gather", ["2 overdue: Anna Kowalska", "Visit: Soon", "Call: Far"]),
        ("kinds: [birthday], horizon: 1 day", ["Anna Kowalska's birthday (born 1984)"]),
        ("kinds: [birthday], age_in_title: true, past: 1 day, horizon: 1 year", [42, 43]),
        ("kinds: [birthday], age_in_title: true", [41, 42, 43, 44, 45, 46, 47]),
    ],
)  # fmt: skip
def test_windows_and_what_is_overdue(
    settings: str, found: list[Any], run: Run, make_vault: MakeVault
) -> None:
    short = [one.replace(" Anna Kowalska:", ":") for one in titles(run, make_vault, settings)]
    if isinstance(found[0], int):
        assert short == [f"Anna Kowalska's birthday ({age})" for age in found]
    else:
        assert sorted(short) == sorted(found)


@pytest.mark.parametrize(
    ("zone", "entry", "trigger"),
    [
        ("Pacific/Auckland", "2026-11-25 08:00 call: x", "20261124T180000Z"),
        ("America/Los_Angeles", "2026-11-27 20:00 call: x", "20261127T150000Z"),
        ("Europe/Berlin", "2026-11-26 00:30 call: x", "20261126T060000Z"),
        ("Europe/Berlin", "2026-11-26 call: x", "20261126T060000Z"),
    ],
)
def test_an_alarm_rings_on_the_day_of_the_vault(
    zone: str, entry: str, trigger: str, run: Run, make_vault: MakeVault
) -> None:
    text = f"---\nname: Anna\ncadence: never\n---\n- [ ] {entry}\n"
    vault = make_vault({"anna": text}, f"timezone: {zone}\nfeeds: {{all: {{alarm: '07:00'}}}}\n")
    found = run("--vault", vault, "--today", DAY, "export", "ics").stdout
    assert re.findall(r"TRIGGER;VALUE=DATE-TIME:(\S+)", found) == [trigger]


def test_a_reminder_of_a_campaign_has_its_name_in_a_private_feed(run: Run, make_vault: MakeVault) -> None:
    settings = "campaigns: {christmas: {date: --12-24}}\noccasions: {lead: {campaign: 7 days}}\n"
    vault = make_vault({"anna": ANNA}, settings + "feeds: {all: {private: true, kinds: [lead]}}\n")
    assert "SUMMARY:Prepare for christmas\n" in run("--vault", vault, "--today", DAY, "export", "ics").stdout


@pytest.mark.parametrize("word", ["ture", "[x]", "{}", "2"])
def test_a_slip_shows_no_name(word: str, run: Run, make_vault: MakeVault) -> None:
    assert titles(run, make_vault, f"kinds: [birthday], private: {word}") == ["AK's birthday"]


@pytest.mark.parametrize("word", ["privat", "Private", "privte"])
def test_a_slip_in_private_itself_shows_no_name(word: str, run: Run, make_vault: MakeVault) -> None:
    assert titles(run, make_vault, f"kinds: [birthday], {word}: true") == ["AK's birthday"]


def test_what_is_wrong_with_the_settings_is_said(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA}, "feeds: {all: {kinds: [birthdays]}}\ntimezone: Europe/Warschau\n")
    for call in (["export", "ics"], ["export", "ics", "--all", vault / "out"]):
        said = run("--vault", vault, "--today", DAY, *call).stderr
        assert "ptcrm.yaml:1:23: “birthdays” is none of" in said
        assert "ptcrm.yaml:2:11: “Europe/Warschau” is no time zone" in said


# Titles


@pytest.mark.parametrize(
    ("settings", "title"),
    [
        ('title: "{channel} {name} ({tier})"', "Visit Anna Kowalska (gold)"),
        ('title: "{verb}: {name} [{year}]"', "Visit: Anna Kowalska"),
        ('title: "{{{name}}} {text}"', "{Anna Kowalska} Soon"),
        ('private: true, title: "{verb} {name} ({tier}) {text}"', "Visit AK (gold)"),
        ('private: true, title: "{text}"', "AK"),
        ("title: {follow-up: nothing but words}", "nothing but words"),
        ('title: {birthday: "{name}"}', "Visit Anna Kowalska: Soon"),
    ],
)
def test_titles_of_ones_own(settings: str, title: str, run: Run, make_vault: MakeVault) -> None:
    assert titles(run, make_vault, f"kinds: [follow-up], horizon: 1 week, {settings}")[-1] == title


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("{nmae}", "“{nmae}” has no meaning in a title"),
        ("{name", "“{” has no meaning in a title"),
        ("name}", "“}” has no meaning in a title"),
        ("{name.__class__}", "“{name.__class__}” has no meaning"),
        ("{name!r}", "“{name!r}” has no meaning"),
        ("{name:>99999999}", "“{name:>99999999}” has no meaning"),
        ("{0}", "“{0}” has no meaning"),
        ("{}", "“{}” has no meaning"),
        ("{{birthdy: x}}", "“birthdy” is no kind of event"),
    ],
)
def test_a_title_that_means_nothing(title: str, said: str, run: Run, make_vault: MakeVault) -> None:
    words = title[1:-1] if title.startswith("{{") else f'"{title}"'
    vault = make_vault({"anna": ANNA}, f"feeds: {{all: {{title: {words}}}}}\n")
    result = run("--vault", vault, "--today", DAY, "check")
    assert said in result.stdout
    assert "ptcrm.yaml:1:" in result.stdout
    usual = run("--vault", vault, "--today", DAY, "export", "ics")
    assert "Visit Anna Kowalska: Soon" in usual.stdout


@given(st.text(), st.dictionaries(st.sampled_from(TITLE_FIELDS), st.text()))
def test_any_template_that_is_taken_can_be_filled(template: str, given: dict[str, str]) -> None:
    values = dict.fromkeys(TITLE_FIELDS, "") | given
    if unknown_part(template, TITLE_FIELDS) is None:
        assert isinstance(filled(template, values), str)
    assert unknown_part("".join(f"{{{name}}}" for name in given), TITLE_FIELDS) is None


# Names


@pytest.mark.parametrize(
    "name", ["../../etc", "a/b", ".hidden", "a b", "x" * 41, "-x", "_", "con", "LPT1", '"a\\nb"', "a.ics"]
)
def test_a_feeds_name_is_part_of_an_address(name: str, run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA}, f"feeds: {{all: {{}}, {name}: {{}}}}\n")
    assert "cannot be a feed's name" in run("--vault", vault, "--today", DAY, "check").stdout
    result = run("--vault", vault, "--today", DAY, "export", "ics", "--all", vault / "out")
    assert result.exit_code == 0
    assert names(vault / "out") == ["all.ics"]


def test_two_feeds_differ_in_more_than_case(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA}, "feeds: {Gold: {}, gold: {}, żona: {}}\n")
    assert "“gold” differs from “Gold” in case alone" in run("--vault", vault, "check").stdout
    run("--vault", vault, "--today", DAY, "export", "ics", "--all", vault / "out")
    assert names(vault / "out") == ["Gold.ics", "żona.ics"]


def test_a_colour_is_one_that_has_a_name(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA}, "feeds: {all: {colour: stealblue}}\n")
    assert "Did you mean “steelblue”?" in run("--vault", vault, "check").stdout
    assert "COLOR:steelblue" in run("--vault", vault, "export", "ics").stdout


# Neighbours


def identities(run: Run, vault: Path) -> set[str]:
    return set(re.findall(r"UID:(\S+)", run("--vault", vault, "--today", DAY, "export", "ics").stdout))


def test_two_vaults_of_the_same_people_share_no_event(run: Run, make_vault: MakeVault) -> None:
    vault, found = make_vault({"anna": ANNA}), []
    for name in ("rowery.example", "bikes.example", "rowery.example"):
        (vault / "ptcrm.yaml").write_text(f"id: {name}\n", encoding="utf-8")
        found.append(identities(run, vault))
    mine, yours, again = found
    assert len(mine) == 4
    assert mine.isdisjoint(yours)
    assert mine == again


def test_init_makes_vaults_that_share_no_event(run: Run, tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        assert run("--today", DAY, "init", tmp_path / name).exit_code == 0
        (tmp_path / name / "customers" / "anna.md").write_text(ANNA, encoding="utf-8")
        assert "PT506" not in run("--vault", tmp_path / name, "check", "--select", "PT506").stdout
        found.append(identities(run, tmp_path / name))
    assert found[0]
    assert found[0].isdisjoint(found[1])


def test_a_vault_without_an_id_is_named_if_asked_for(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA}, "")
    assert "PT506" not in run("--vault", vault, "check").stdout
    assert "ptcrm.yaml:1:1: info PT506" in run("--vault", vault, "check", "--select", "PT506").stdout


# Every feed at once


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_feed_is_written_and_only_if_it_changed(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault(
        {"anna": ANNA}, "feeds: {all: {}, gold: {where: 'name:anna'}, empty: {kinds: [campaign]}}\n"
    )
    out = vault / "public" / "feeds"
    result = run("--vault", vault, "--today", DAY, "export", "ics", "--all", out)
    assert result.exit_code == 0
    assert {path.name for path in out.iterdir()} == {"all.ics", "gold.ics", "empty.ics"}
    for name in ("all", "gold", "empty"):
        alone = run("--vault", vault, "--today", DAY, "export", "ics", "--feed", name).stdout_bytes
        assert (out / f"{name}.ics").read_bytes() == alone
        os.utime(out / f"{name}.ics", (1, 1))
    run("--vault", vault, "--today", "2026-11-24", "export", "ics", "--all", out)
    moved = {path.name for path in out.iterdir() if path.stat().st_mtime > 1}
    assert moved == {"all.ics", "gold.ics"}


def test_one_feed_that_cannot_be_written_hinders_no_other(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA}, "feeds: {a: {where: 'teir:gold'}, b: {}, c: {where: '('}}\n")
    result = run("--vault", vault, "--today", DAY, "export", "ics", "--all", vault / "out")
    assert result.exit_code == 1
    assert names(vault / "out") == ["b.ics"]
    assert "the feed “a”" in result.stderr
    assert "the feed “c”" in result.stderr


@pytest.mark.parametrize("options", [["--feed", "all"], ["-o", "x.ics"]])
def test_all_stands_alone(options: list[str], run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA})
    result = run("--vault", vault, "export", "ics", "--all", vault / "out", *options)
    assert result.exit_code == 2
    assert not (vault / "out").exists()


def test_a_folder_that_cannot_be_made(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA})
    (vault / "file").write_text("x", encoding="utf-8")
    result = run("--vault", vault, "export", "ics", "--all", vault / "file")
    assert result.exit_code == 4
    assert "no folder can be made there" in result.stderr


@pytest.mark.parametrize("option", ["--feed", "-o", "--all"])
def test_an_empty_name_is_no_name(option: str, run: Run, make_vault: MakeVault) -> None:
    result = run("--vault", make_vault({"anna": ANNA}), "export", "ics", option, "")
    assert result.exit_code == 2
    assert "it is empty" in result.stderr


@pytest.mark.skipif(os.name == "nt", reason="there are other rights there")
def test_a_file_keeps_its_rights(run: Run, make_vault: MakeVault, tmp_path: Path) -> None:
    vault, path = make_vault({"anna": ANNA}), tmp_path / "x.ics"
    run("--vault", vault, "--today", DAY, "export", "ics", "-o", path)
    path.chmod(0o600)
    assert run("--vault", vault, "--today", "2026-11-24", "export", "ics", "-o", path).exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o444)
    before = path.read_bytes()
    result = run("--vault", vault, "--today", "2026-11-25", "export", "ics", "-o", path)
    assert result.exit_code == 4
    assert "read-only" in result.stderr
    assert path.read_bytes() == before


def test_a_link_that_leads_to_itself(run: Run, make_vault: MakeVault, tmp_path: Path) -> None:
    (tmp_path / "loop.ics").symlink_to(tmp_path / "loop.ics")
    result = run("--vault", make_vault({"anna": ANNA}), "export", "ics", "-o", tmp_path / "loop.ics")
    assert result.exit_code == 4
    assert "cannot be written" in result.stderr


def test_a_vault_that_looks_empty_replaces_no_calendar(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA})
    run("--vault", vault, "--today", DAY, "export", "ics", "--all", vault / "out")
    before = (vault / "out" / "all.ics").read_bytes()
    (vault / "customers" / "anna.md").unlink()
    result = run("--vault", vault, "--today", DAY, "export", "ics", "--all", vault / "out")
    assert result.exit_code == 4
    assert (vault / "out" / "all.ics").read_bytes() == before


# What a person is told


def test_who_is_left_out_and_why(run: Run, make_vault: MakeVault) -> None:
    broken = {f"broken-{number:02}": "---\nname: [x\n---\n" for number in range(12)}
    vault = make_vault({"anna": ANNA, **broken})
    result = run("--vault", vault, "--today", DAY, "export", "ics")
    assert (
        "left out of the feed: customers/broken-00.md:3:1: a list in brackets does not close" in result.stderr
    )
    assert result.stderr.count("left out of the feed") == 10
    assert "12 files with errors, see `ptcrm check`." in result.stderr
    assert "Anna" in result.stdout


@pytest.mark.parametrize(
    ("settings", "ways"),
    [
        ("", "`where:`, `kinds:` or `horizon:`"),
        ("horizon: 1 year, kinds: [follow-up]", "`where:`"),
        ("age_in_title: true, kinds: [birthday], horizon: 1 year", "`where:` or `age_in_title: false`"),
    ],
)
def test_a_feed_too_large_for_google_says_what_shortens_it(
    settings: str, ways: str, run: Run, make_vault: MakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ptcrm.formats.ics.LARGEST", 100)
    vault = make_vault({"anna": ANNA}, f"feeds: {{x: {{{settings}}}}}\n")
    result = run("--vault", vault, "--today", DAY, "export", "ics", "--feed", "x")
    assert result.exit_code == 0
    assert "the feed “x” has more than" in result.stderr
    assert f"shorten it by {ways}\n" in result.stderr
