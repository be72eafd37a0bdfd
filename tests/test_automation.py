"""The page on automation is true: its files can be used as they stand, and its script does what it says."""

from __future__ import annotations

import email
import email.policy
import os
import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ptcrm.cli import cli
from tests.conftest import DAY, ROOT
from tests.test_docs import Block, blocks, page
from tests.test_subscribing import TASK, UNIT, unknown

PAGE = page("automation")
BLOCKS = blocks(PAGE)
CRON = re.compile(
    r"(?:[*]|[0-5]?\d) (?:[*]|[01]?\d|2[0-3]) (?:[*]|[1-9]|[12]\d|3[01]) (?:[*]|[1-9]|1[0-2]) (?:[*]|[0-7](?:-[0-7])?) (\S.*)"
)


def of(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages]


def script() -> str:
    return next(block.text for block in of("sh") if block.text.startswith("#!"))


def cron() -> list[str]:
    """The commands of the crontabs."""
    lines = [line for block in of("cron") for line in block.text.splitlines()]
    entries = [line for line in lines if not re.match(r"[A-Z]+=", line)]
    assert all("%" not in line for line in entries)  # which would be a line break there
    return [found[1] for line in entries if (found := CRON.fullmatch(line)) or pytest.fail(line)]


def arguments_of_task() -> str:
    text = next(block.text for block in of("xml") if "<Task" in block.text)
    task = ET.fromstring(text.partition("?>")[2])
    assert task.findtext(".//task:Command", namespaces=TASK) == "cmd.exe"
    found = task.findtext(".//task:Arguments", namespaces=TASK)
    assert found
    return found


def invocations() -> list[list[str]]:
    """What follows ptcrm wherever the page runs it."""
    text = "\n".join([*(block.text for block in of("sh")), *cron(), arguments_of_task()])
    found = re.findall(r'(?:^|[ ("/])ptcrm"? (--vault [^|>)\n]+)', text, re.MULTILINE)
    return [shlex.split(one.replace("\\", "/")) for one in found]


@pytest.mark.parametrize("words", invocations(), ids=" ".join)
def test_every_command_and_option_exists(words: list[str]) -> None:
    assert "digest" in words
    assert unknown(cli, "", words) is None


def test_the_page_has_them_all() -> None:
    assert len(invocations()) == 5
    assert {block.language for block in BLOCKS} == {"sh", "cron", "ini", "xml", "bat"}


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
@pytest.mark.parametrize("text", [*(block.text for block in of("sh")), *cron()])
def test_every_shell_line_can_be_read_by_a_shell(text: str) -> None:
    done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="the script is for a POSIX shell")
@pytest.mark.parametrize(("day", "is_sent"), [(DAY, True), ("2026-11-22", False)])
def test_the_script_sends_what_there_is(day: str, is_sent: bool, sample: Path, own_home: Path) -> None:
    if not is_sent:  # nobody but one who is fine
        for path in (sample / "customers").rglob("*.md"):
            path.unlink()
    sample.rename(own_home / "customers")
    folder = own_home / ".local" / "bin"
    folder.mkdir(parents=True)
    programs = {
        "ptcrm-digest": script(),
        "ptcrm": f'#!/bin/sh\nexec "{sys.executable}" -m ptcrm "$@"\n',
        "sendmail": f'#!/bin/sh\n[ "$*" = "-t -i" ] && cat > "{own_home}/sent"\n',
    }
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    done = subprocess.run(
        [folder / "ptcrm-digest"],
        env={**os.environ, "HOME": str(own_home), "PYTHONPATH": str(ROOT), "PTCRM_TODAY": day},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (own_home / "sent").exists() == is_sent
    if is_sent:
        content = (own_home / "sent").read_bytes()
        mail = email.message_from_bytes(content, policy=email.policy.SMTP)
        assert mail["To"] == "marta@example.org"
        assert "Łukasz Żak" in mail.get_content()


def units() -> dict[str, ConfigParser]:
    found = {}
    for block in of("ini"):
        parser = ConfigParser(delimiters=("=",), interpolation=None)
        parser.optionxform = str  # type: ignore[assignment,method-assign]  # settings are told apart by case
        parser.read_string(block.text)
        name = UNIT.match(block.text)
        assert name
        found[name[1]] = parser
    return found


def test_units_have_sections_and_settings() -> None:
    found = units()
    assert set(found) == {"ptcrm-digest.service", "ptcrm-digest.timer"}
    assert found["ptcrm-digest.service"]["Service"]["ExecStart"] == "%h/.local/bin/ptcrm-digest"
    assert found["ptcrm-digest.timer"]["Timer"]["OnCalendar"] == "Mon..Fri 07:00"
    assert "`~/.local/bin/ptcrm-digest`" in PAGE


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    files: list[str] = []
    for block in of("ini"):
        name = UNIT.match(block.text)
        assert name
        files.append(str(tmp_path / name[1]))
        text = re.sub(r"ExecStart=\S+", f"ExecStart={shutil.which('true')}", block.text)
        Path(files[-1]).write_text(text, encoding="utf-8")
    for command in (
        ["systemd-analyze", "--user", "verify", *files],
        ["systemd-analyze", "calendar", "Mon..Fri 07:00"],
    ):
        done = subprocess.run(
            command,
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
            text=True,
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_the_property_list_runs_the_script_on_working_days() -> None:
    text = next(block.text for block in of("xml") if "<plist" in block.text)
    content = plistlib.loads(text.encode())
    assert content["Label"] == "ptcrm-digest"
    assert content["ProgramArguments"] == ["/Users/marta/.local/bin/ptcrm-digest"]
    assert content["StartCalendarInterval"] == [
        {"Weekday": day, "Hour": 7, "Minute": 0} for day in (1, 2, 3, 4, 5)
    ]


def test_the_task_can_be_read_as_it_is_saved() -> None:
    text = next(block.text for block in of("xml") if "<Task" in block.text)
    task = ET.fromstring(text.encode("utf-16"))
    assert task.tag == f"{{{TASK['task']}}}Task"
    days = task.find(".//task:DaysOfWeek", TASK)
    assert days is not None
    assert [one.tag.partition("}")[2] for one in days] == [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
    ]


def test_crontabs_are_read() -> None:
    assert len(cron()) == 2
    assert not CRON.fullmatch("0 25 * * 1-5 ptcrm")
