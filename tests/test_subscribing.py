"""The page on subscribing is true: every command exists, and every file that it shows can be used as it stands."""

from __future__ import annotations

import os
import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import platformdirs
import pytest
import yaml

from ptcrm.cli import cli
from tests.conftest import DAY, Run
from tests.test_docs import Block, blocks, page, section

PAGE = page("subscribing")
BLOCKS = blocks(PAGE)
APPS = ["Google Calendar", "Apple Calendar", "Outlook", "Thunderbird", "GNOME", "Nextcloud", "Android"]
TASK = {"task": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
UNIT = re.compile(r"# ~/\.config/systemd/user/(\S+)")


def of(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages]


def words_of(line: str) -> list[str]:
    return shlex.split(line.replace("%h", "/home/marta").replace("$HOME", "/home/marta"), comments=True)


# What the page runs


def units() -> list[tuple[str, ConfigParser]]:
    """Each unit file with its name; one that only shows lines to change has none."""
    found = []
    for block in of("ini"):
        parser = ConfigParser(delimiters=("=",), interpolation=None, strict=False)
        parser.optionxform = str  # type: ignore[assignment,method-assign]  # settings are told apart by case
        parser.read_string(block.text)
        name = UNIT.match(block.text)
        found.append((name[1] if name else "", parser))
    return found


def property_list() -> dict[str, object]:
    text = next(block.text for block in of("xml") if "<plist" in block.text)
    content: dict[str, object] = plistlib.loads(text.encode())
    return content


def task() -> ET.Element:
    text = next(block.text for block in of("xml") if "<Task" in block.text)
    return ET.fromstring(text)


def steps() -> Iterator[str]:
    """The shell lines of the CI jobs."""
    for block in of("yaml"):
        job = yaml.safe_load(block.text)
        if "pages" in job:
            yield from job["pages"]["script"]
        else:
            yield from (step["run"] for step in job["jobs"]["publish"]["steps"] if "run" in step)


def cron() -> Iterator[str]:
    for block in of("cron"):
        yield from (line.split(maxsplit=5)[5] for line in block.text.splitlines())


def lines() -> Iterator[str]:
    """Every command line of the page, wherever it stands."""
    for block in of("sh", "console"):
        yield from (line.removeprefix("$ ") for line in block.text.splitlines())
    yield from steps()
    yield from cron()
    yield from (unit["Service"]["ExecStart"] for _, unit in units() if "Service" in unit)
    prose = re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`(ptcrm [^`]+)`", prose)


def invocations() -> list[tuple[str, ...]]:
    """What follows `ptcrm`, wherever the page runs it, each once."""
    found = [words_of(line) for line in lines()]
    arguments = property_list()["ProgramArguments"]
    assert isinstance(arguments, list)
    found.append(arguments)
    command = task().findtext(".//task:Command", namespaces=TASK)
    rest = task().findtext(".//task:Arguments", namespaces=TASK)
    assert command
    assert rest
    found.append([command.replace("\\", "/").removesuffix(".exe"), *rest.split()])
    return sorted({tuple(words[1:]) for words in found if words and Path(words[0]).name == "ptcrm"})


def options_of(command: click.Command) -> dict[str, click.Option]:
    return {name: param for param in command.params if isinstance(param, click.Option) for name in param.opts}


def unknown(command: click.Command, path: str, words: list[str]) -> str | None:
    """What of `words` this command does not know, with the way to it; None if all is known."""
    known = options_of(command)
    while words:
        word = words.pop(0)
        if word.startswith("-"):
            if word not in known:
                return f"{path} {word}".strip()
            if words and not known[word].is_flag:
                words.pop(0)
        elif isinstance(command, click.Group):
            path = f"{path} {word}".strip()
            found = command.commands.get(word) or command.get_command(click.Context(command), word)
            return unknown(found, path, words) if found else path
    return None


@pytest.mark.parametrize("words", invocations(), ids=" ".join)
def test_every_command_and_option_exists(words: tuple[str, ...]) -> None:
    missing = unknown(cli, "", list(words))
    assert missing is None


def test_a_command_or_option_that_is_made_up_is_found() -> None:
    assert unknown(cli, "", ["--vault", "x", "due", "--al"]) == "due --al"
    assert unknown(cli, "", ["export", "vcf"]) == "export vcf"
    assert unknown(cli, "", ["--vault", "x", "export", "ics", "--feed", "all"]) is None


def test_the_page_names_what_an_owner_needs() -> None:
    run = {" ".join(word for word in words if not word.startswith("/")) for words in invocations()}
    for command in (
        "serve",
        "serve --host 192.168.1.20 --public",
        "serve --url https://crm.example.org",
        "feed url",
        "feed qr all --png all.png",
        "feed rotate all",
        "export ics --all public/${FEED_TOKEN:?}",
    ):
        assert command in run
    assert any("watch --export" in command for command in run)


def test_the_port_is_the_one_of_serve() -> None:
    command = cli.get_command(click.Context(cli), "serve")
    assert command is not None
    ports = set(re.findall(r"127\.0\.0\.1:(\d+)", PAGE)) | set(re.findall(r"port (\d+)", PAGE))
    assert ports == {str(options_of(command)["--port"].default)}


# The files


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
@pytest.mark.parametrize(
    "text", [*(block.text for block in of("sh")), *steps(), *cron()], ids=lambda text: text.splitlines()[0]
)
def test_every_shell_line_can_be_read_by_a_shell(text: str) -> None:
    done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_units_have_sections_and_settings() -> None:
    names = {name for name, _ in units()}
    assert names == {
        "",
        "ptcrm.service",
        "ptcrm-publish.service",
        "ptcrm-publish.path",
        "ptcrm-publish.timer",
    }
    for _, unit in units():
        assert set(unit.sections()) <= {"Unit", "Service", "Path", "Timer", "Install"}
    for line in (line for block in of("ini") for line in block.text.splitlines()):
        assert re.fullmatch(r"|#.*|\[\w+\]|[A-Z]\w+=\S.*", line), line


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    files = []
    for block in of("ini"):
        if name := UNIT.match(block.text):
            files.append(tmp_path / name[1])
            text = re.sub(r"ExecStart=\S+", f"ExecStart={shutil.which('true')}", block.text)
            files[-1].write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", *files],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        text=True,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform != "linux", reason="these are the folders of Linux")
def test_the_unit_may_write_where_ptcrm_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    text = next(block.text for block in of("ini") if "# ~/.config/systemd/user/ptcrm.service" in block.text)
    open_to_it = {path for line in re.findall("ReadWritePaths=(.*)", text) for path in line.split()}
    places = (
        platformdirs.user_cache_path("ptcrm"),
        platformdirs.user_state_path("ptcrm"),
        platformdirs.user_config_path("ptcrm"),
    )
    assert open_to_it == {"%h/customers", *(f"%h/{place.relative_to(Path.home())}" for place in places)}
    made = next(block.text for block in of("sh") if "enable-linger" in block.text).splitlines()[0]
    assert {word.replace("~", "%h") for word in made.split()[2:]} == open_to_it - {"%h/customers"}


def test_secrets_stay_out_of_the_journal_and_the_log() -> None:
    service = next(unit for name, unit in units() if name == "ptcrm.service")["Service"]
    assert service["StandardOutput"] == "null"
    assert "StandardOutPath" not in property_list()


def test_the_property_list_keeps_serve_running() -> None:
    content = property_list()
    assert content["Label"] == "ptcrm"
    assert (content["RunAtLoad"], content["KeepAlive"], content["Umask"]) == (True, True, 0o077)
    assert "gui/$(id -u)/ptcrm" in section(PAGE, "macOS")


def test_the_task_has_no_end() -> None:
    assert task().tag == f"{{{TASK['task']}}}Task"
    assert task().findtext(".//task:ExecutionTimeLimit", namespaces=TASK) == "PT0S"


def jobs() -> list[dict[object, object]]:
    return [yaml.safe_load(block.text) for block in of("yaml")]


def test_jobs_have_the_keys_that_the_services_know() -> None:
    github, gitlab = jobs()
    assert set(github) == {"name", True, "permissions", "concurrency", "jobs"}  # YAML reads `on` as true
    assert isinstance(github["jobs"], dict)
    assert set(github["jobs"]["publish"]) == {"runs-on", "environment", "env", "steps"}
    assert all(set(step) <= {"uses", "with", "run"} for step in github["jobs"]["publish"]["steps"])
    assert isinstance(gitlab["pages"], dict)
    assert set(gitlab["pages"]) == {"image", "script", "artifacts", "rules"}


def test_jobs_run_each_morning_and_have_the_secret_from_the_settings() -> None:
    github, gitlab = (block.text for block in of("yaml"))
    trigger = jobs()[0][True]
    assert isinstance(trigger, dict)
    assert re.fullmatch(r"\d+ \d+ \* \* \*", trigger["schedule"][0]["cron"])
    assert re.findall(r"\$\{\{.*?\}\}", github) == ["${{ secrets.FEED_TOKEN }}"]
    assert [line for line in steps() if "FEED_TOKEN" in line and "${FEED_TOKEN:?}" not in line] == []
    assert 'ptcrm export ics --all "public/${FEED_TOKEN:?}"' in gitlab


def statements(text: str) -> Iterator[str]:
    """The statements of nginx's grammar: each ends in `;` or opens a block; braces balance."""
    depth = 0
    for part in re.findall(r"[^;{}]*[;{}]", re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)):
        depth += {"{": 1, "}": -1, ";": 0}[part[-1]]
        assert depth >= 0
        assert "\n" not in part[:-1].strip(), part
        assert part[-1] != "}" or not part[:-1].strip(), part
        yield part[:-1].strip()
    assert depth == 0


@pytest.mark.parametrize("block", of("nginx"), ids=lambda block: block.heading)
def test_nginx_configurations_are_whole_and_write_no_secret_down(block: Block) -> None:
    found = list(statements(block.text))
    assert {"access_log off", "error_log /dev/null"} <= set(found)
    if any(one.startswith("proxy_pass") for one in found):
        assert "error_page 502 503 504 =404 @none" in found
    else:
        assert {"types", "text/calendar ics", "charset utf-8", "charset_types text/calendar"} <= set(found)


@pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx")
@pytest.mark.parametrize("block", of("nginx"), ids=lambda block: block.heading)
def test_nginx_takes_its_configuration(block: Block, tmp_path: Path) -> None:
    text = re.sub("listen 443 ssl;|ssl_certificate.*;", "", block.text)
    text = text.replace("server {", f"server {{ listen unix:{tmp_path}/socket;", 1)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")  # else they are where root alone writes
    folders = " ".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in kinds)
    whole = f"pid {tmp_path}/pid; error_log {tmp_path}/errors; events {{}} http {{ {folders} {text} }}"
    (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
    done = subprocess.run(
        ["nginx", "-t", "-q", "-c", tmp_path / "nginx.conf"], text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_caddyfile_is_whole() -> None:
    (block,) = of("caddyfile")
    depth = 0
    for line in filter(None, block.text.splitlines()):
        depth -= line.strip() == "}"
        assert line == "\t" * depth + line.strip()
        depth += line.endswith("{")
    assert depth == 0
    assert "request>uri delete" in block.text


@pytest.mark.skipif(shutil.which("caddy") is None, reason="there is no Caddy")
def test_caddy_takes_its_configuration(tmp_path: Path) -> None:
    (block,) = of("caddyfile")
    (tmp_path / "Caddyfile").write_text(block.text, encoding="utf-8")
    done = subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", tmp_path / "Caddyfile"],
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# What it says


@pytest.mark.parametrize("app", APPS)
def test_every_app_has_steps_and_what_to_expect(app: str) -> None:
    text = section(PAGE, app)
    points = re.findall(r"^- \*\*(\w+):\*\*", text, re.MULTILINE)
    assert points == ["Waits", "Ignores", "Traps"]
    assert re.search(r"^1\. |^GNOME Calendar: ", text, re.MULTILINE)


def test_the_interval_is_the_one_that_the_feed_asks_for(sample: Path, run: Run) -> None:
    feed = run("--vault", sample, "--today", DAY, "export", "ics").stdout
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT12H" in feed
    assert set(re.findall(r"(\d+) hours", re.sub("8 to 24 hours|3 hours", "", PAGE))) == {"12"}


def test_headings_and_links_of_the_table_agree() -> None:
    titles = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert [title for title in titles if title in APPS] == APPS
    assert titles[-2:] == ["If nothing arrives", "What no app does"]
