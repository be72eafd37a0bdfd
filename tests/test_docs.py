"""The pages in docs/ are true: everything that exists is in its page, and every example does what the page says."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple, get_args, get_type_hints

import click
import pytest

from ptcrm.cli import cli
from ptcrm.formats.columns import REVIEWED
from ptcrm.model.config import Config, Tier
from ptcrm.model.diagnostic import CODES, RULES, USUAL, Diagnostic, Rule
from ptcrm.model.reading import Report
from ptcrm.model.settings import KEYS, read_config
from ptcrm.text.frontmatter import Flaw, compose
from ptcrm.text.source import Source, Span
from ptcrm.vault.log import LineReader
from ptcrm.vault.schema import FIELDS, read_customer
from ptcrm.workspace import Workspace
from tests.conftest import DAY, ROOT, SAMPLE, Golden, MakeVault, Run, give_sources
from tests.repos import begin_with_a_name, give_a_past

PAGES = sorted((ROOT / "docs").glob("*.md"))
NAMES = [page.stem for page in PAGES]
TODAY = date.fromisoformat(DAY)
TIERS = "tiers:\n  gold: {cadence: 3 weeks}\n  silver: {cadence: 6 weeks}\n"
READER = LineReader.of(Config(tiers={"gold": Tier()}))
WRITING = {
    "sync",
    "restore",
    "log",
    "done",
    "move",
    "snooze",
    "set",
    "rename",
    "archive",
    "unarchive",
    "forget",
    "export mailing",
    "undo",
    "add",
    "library add",
    "share",
    "init",
    "check",
    "conflicts",
    "dupes",
    "merge",
    *(f"import {kind}" for kind in ("vcard", "csv", "ics", "mail", "notes")),
}
SHARED = {"--dry-run"}  # in the section on writing
NOT_RUN = {"edit": "it asks a person", "serve": "it does not end", "watch": "it does not end"}
NOT_RUN_WITH = {
    "--open": "it opens an editor",
    "--watch": "it does not end",
    "--abort": "it needs a merge; test_sync",
}
FORMS = {"--jsonl", "--csv", "--tsv", "--ids", "--format", "--open"}  # in the section on forms
TWIN = "---\nname: Novak, Jan\nemails: jan@ramy-zuraw.example\n---\n"
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block of a page: the heading it stands under, its language, its text."""

    heading: str
    language: str
    text: str


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    found, heading = [], ""
    for part in re.finditer(
        r"^#+ (?P<title>[^\n]+)$|^```(?P<language>\w*)\n(?P<body>.*?)^```$", text, re.MULTILINE | re.DOTALL
    ):
        if part["title"]:
            heading = part["title"].strip("`")
        else:
            found.append(Block(heading, part["language"], part["body"]))
    return found


def section(text: str, title: str) -> str:
    """What stands under the heading `title`, down to the next heading of its level or above."""
    prose = FENCED.sub(lambda block: block[0].replace("\n#", "\n #"), text)
    begin = re.search(rf"^(#+) `?{re.escape(title)}`?$", prose, re.MULTILINE)
    assert begin, f"there is no section “{title}”"
    rest = prose[begin.end() :]
    end = re.search(rf"^#{{1,{len(begin[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def table(text: str) -> list[list[str]]:
    """The cells of every row of every table in `text`."""
    return [
        [cell.strip() for cell in row.strip("| ").split(" | ")]
        for row in re.findall(r"^\|.*\|$", text, re.MULTILINE)
    ]


def first_column(text: str) -> set[str]:
    return {word for row in table(text) for word in re.findall("`([^`]+)`", row[0])}


# Links


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    prose = re.sub(r"`[^`\n]*`", "", FENCED.sub("", page(name)))
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if "://" in target:
            continue
        other, _, anchor = target.partition("#")
        place = ROOT / "docs" / other if other else ROOT / "docs" / f"{name}.md"
        assert place.is_file(), target
        assert not anchor or anchor in anchors(place.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("name", NAMES)
def test_pages_speak_of_the_product_alone(name: str) -> None:
    assert not re.search(r"/work/|/tmp/|/root\b|(?<!\w)#[0-9]", FENCED.sub("", page(name)))


# Commands


def commands(group: click.Group, path: str = "ptcrm") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    yield path, group
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


@pytest.mark.parametrize(
    ("path", "command"), list(commands(cli)), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_and_option_is_documented(path: str, command: click.Command) -> None:
    text = section(page("commands"), path)
    assert f"$ {path}" in text, "there is no example"
    shown = {word for name in first_column(text) for word in re.findall(r"(?<![\w-])--?[\w-]+", name)}
    real = {word for param in command.params if isinstance(param, click.Option) for word in param.opts}
    assert ("--dry-run" in real) == (path.removeprefix("ptcrm ") in WRITING)
    shared = SHARED | (FORMS if "--jsonl" in real else set())
    real -= shared
    assert real - {"-h", "--help"} == shown - shared - {"-h", "--help"}
    if path != "ptcrm add":  # where the options are the fields
        lines = [line for line in text.splitlines() if line.startswith("$ ")]
        assert [option for option in real if not any(f" {option}" in line for line in lines)] == []


def test_the_options_of_all_writing_commands_are_documented() -> None:
    assert first_column(section(page("commands"), "Writing")) >= SHARED


def test_the_forms_of_answers_are_documented() -> None:
    text = section(page("commands"), "Forms")
    forms, offered = (rows[2:] for rows in (table(text)[:9], table(text)[9:]))
    assert {cells[0].strip("`").partition(" ")[0] for cells in forms} == FORMS | {"--json"}
    shown = {
        name: FORMS - set(re.findall("`(--[a-z]+)`", cells[1]))
        for cells in offered
        for name in re.findall("`([a-z ]+)`", cells[0])
    }
    real = {
        path.removeprefix("ptcrm "): {word for param in command.params for word in param.opts} & FORMS
        for path, command in commands(cli)
    }
    assert shown == {name: forms for name, forms in real.items() if "--jsonl" in forms}
    assert all(
        any(f" {form}" in line for line in text.splitlines() if line[:2] == "$ ")
        for form in FORMS - {"--open"}
    )


_SHOWN = 15  # lines of each answer; the whole ones are in other transcripts
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,}(?=[/.])|[0-9a-f]{16}")
_SIZE = re.compile(r'\b\d+ (KB\b|answers?)|(?<="bytes": )\d+|(?<="answers": )\d+')
_SIGNS = re.compile("^[ █▀▄]*[█▀▄][ █▀▄]*$", re.MULTILINE)  # a QR code


_COMMIT = re.compile(r"(?<=  )[0-9a-f]{8}(?=\n|  |\))|(?<=\"commit\": \")[^\"]+")


def has_past(text: str) -> bool:
    """Whether commands of `text` ask git, so that the vault is to be in a repository."""
    return re.search(r"\b(history|blame|diff|restore) |\bdiff\n|--as-of", f"{text}\n") is not None


def transcript(output: str, home: Path) -> str:
    """The first lines of what a command prints, without what is another one each time."""
    shown = _SIGNS.sub("█", _SIZE.sub("…", _TOKEN.sub("…", _COMMIT.sub("…", output.replace(str(home), "~")))))
    lines = re.sub("(?:█\n)+", "█\n", shown).splitlines()
    more = [f"… {len(lines) - _SHOWN} lines more"] if len(lines) > _SHOWN + 1 else []
    return "".join(f"{one}\n" for one in (lines[:_SHOWN] + more if more else lines))


def examples() -> list[Block]:
    return [
        block._replace(heading=f"{path.stem}: {block.heading}")
        for path in PAGES
        for block in blocks(path.read_text(encoding="utf-8"))
        if block.language == "console"
    ]


@pytest.mark.parametrize("block", examples(), ids=lambda block: block.heading)
def test_every_example_runs(
    block: Block,
    own_home: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    golden: Golden,
) -> None:
    """In `~/customers`, a copy of the sample vault. Lines below a command are its output; `…` is any.

    What a command prints whose output the page does not show is in `tests/golden/docs`. With `--update` page and
    golden file get the output that there is now, with `…` where the page had it.
    """
    unshown = []
    vault = shutil.copytree(SAMPLE, own_home / "customers")
    if has_past(block.text):
        give_a_past(vault)
    monkeypatch.chdir(vault)
    if block.heading.startswith(("commands: ptcrm import", "import:")):
        give_sources(vault)
    if block.heading == "commands: ptcrm sync":
        begin_with_a_name(vault)
    for example in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        line, _, expected = example.partition("\n")
        program, *words = (
            word.replace("~", str(own_home)) if word.startswith("~/") else word for word in shlex.split(line)
        )
        assert program == "ptcrm"
        if next(iter(words), "") in NOT_RUN or {*words} & NOT_RUN_WITH.keys():
            continue
        result = run("--today", DAY, *words)
        assert result.exit_code == 0, f"{line}\n{result.output}"
        if not fits(expected, result.output) and request.config.getoption("--update-golden"):
            renew(block.heading.partition(":")[0], line, expected, result.output)
            continue
        assert fits(expected, result.output), f"{line}\n{result.output}"
        if not expected:
            unshown.append(f"$ {line}\n{transcript(result.output, own_home)}")
    if unshown:
        same = [one for one in examples() if one.heading == block.heading]
        name = f"{block.heading.replace(': ', ' ')} {same.index(block) + 1}".replace("/", "-")
        golden(f"docs/{name}.txt", "\n".join(unshown))


def fits(expected: str, output: str) -> bool:
    pattern = ".*\n".join(re.escape(part) for part in expected.split("…\n"))
    return re.match(pattern, output, re.DOTALL) is not None


def renew(name: str, line: str, expected: str, output: str) -> None:
    """Put what of `output` is to be shown in the place of what the page `name` shows below `line`."""
    old, new = f"$ {line}\n{expected}", f"$ {line}\n{shortened(expected, output)}"
    (ROOT / "docs" / f"{name}.md").write_text(page(name).replace(old, new), encoding="utf-8")


def shortened(expected: str, output: str) -> str:
    """As many lines of `output` as `expected` has before its first `…` and behind its last; all, if it has none."""
    head, dots, rest = expected.partition("…\n")
    if not dots:
        return output
    before, behind = head.count("\n"), rest.rpartition("…\n")[2].count("\n")
    lines = output.splitlines(keepends=True)
    if len(lines) <= before + behind:
        return output
    return "".join([*lines[:before], dots, *lines[len(lines) - behind :]])


def test_an_example_that_is_out_of_date_is_renewed() -> None:
    assert not fits("a\nb\n", "a\nc\n")
    assert shortened("a\nb\n", "a\nc\n") == "a\nc\n"
    assert shortened("a\n…\nz\n", "b\nc\nd\ny\n") == "b\n…\ny\n"
    assert shortened("a\n…\n", "b\nc\nd\n") == "b\n…\n"
    assert shortened("a\nb\n…\n", "b\n") == "b\n"
    assert fits(shortened("a\n…\nz\n", "b\nc\nd\ny\n"), "b\nc\nd\ny\n")


def test_every_kind_of_block_has_its_test() -> None:
    """A page with a block of another kind says here what tries it, or why nothing can."""
    found = {(path.stem, block.language) for path in PAGES for block in blocks(page(path.stem))}
    found = {(name, language) for name, language in found if language not in ("", "console")}
    assert found == {
        *(("performance", "sh"), ("testing", "sh")),  # minutes of measuring and downloads
        *(("automation", language) for language in ("sh", "cron", "ini", "xml", "bat")),  # test_automation
        *(
            ("subscribing", language)
            for language in ("sh", "ini", "xml", "caddyfile", "nginx", "cron", "yaml")
        ),
        *(("editors", language) for language in ("sh", "yaml", "json", "lua", "vim", "elisp", "js")),
        *(("configuration", "yaml"), ("format", "markdown")),  # here
        *(("diagnostics", "markdown"), ("diagnostics", "yaml"), ("diagnostics", "jinja")),  # here
        ("commands", "yaml"),  # test_settings
        *(("sync", language) for language in ("sh", "yaml")),  # test_sync
        *(("query", language) for language in ("yaml", "sh")),  # here
        ("python", "pycon"),  # test_handler
        ("people", "yaml"),  # test_archive
        ("export", "markdown"),  # test_mailing
        ("library", "markdown"),  # test_library
        *(("review", language) for language in ("markdown", "text")),  # test_review
    }


# Queries


def test_the_saved_queries_and_the_shell_line_of_the_page_can_be_used(own_home: Path, run: Run) -> None:
    shown = {block.language: block.text for block in blocks(page("query")) if block.language}
    folder = shutil.copytree(SAMPLE, own_home / "customers")
    config = (folder / "ptcrm.yaml").read_text(encoding="utf-8").partition("queries:")[0]
    (folder / "ptcrm.yaml").write_text(config + shown["yaml"], encoding="utf-8")
    assert run("--vault", folder, "check").exit_code == 0
    for words in (*(f"list @{name}" for name in ("vip", "late")), shown["sh"].strip().removeprefix("ptcrm ")):
        result = run("--vault", folder, "--today", DAY, *shlex.split(words))
        assert result.exit_code == 0
        assert result.stdout.count("\n") > 1, words


def undocumented(queries: Iterable[str], text: str) -> set[str]:
    return {name for name in queries if f"`@{name}`" not in text}


def test_every_saved_query_of_the_sample_vault_is_documented() -> None:
    config, _ = configured((SAMPLE / "ptcrm.yaml").read_text(encoding="utf-8"))
    assert undocumented(config.queries, page("query")) == set()


def test_a_saved_query_that_is_not_documented_is_found() -> None:
    assert undocumented(["vip", "gone"], "| `@vip` | the best |") == {"gone"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("due --today 2026-11-01", 2),
        ("due --vault .", 2),
        ("--json due", 2),
        ("log jan-nowak 2026-11-20 call: Hello", 2),
        ("log jan-nowak 25:00 call: Hello", 2),
        ("log jan-nowak cal: Hello", 2),
        ("set jan-nowak tags a,b", 2),
        ("set jan-nowak brithday 1971-12-19", 2),
        ("show nobody-at-all", 3),
        ("show", 2),
        ("pick", 2),
        ("log jan-nowak", 2),
        ("log jan-nowak,nobody-at-all event: Evening", 3),
        ("log --group tag:nothing-such event: Evening", 3),
        ("log --group status:active event: Evening", 4),
        ("budget --year 26", 2),
        ("campaign nothing-such", 3),
        ("done hotel-spreeblick", 3),  # two are open
        ("done gemeinde-st-thekla", 3),  # it repeats and is not due
        ("export ics -o ptcrm.yaml", 4),
        ("feed url nothing-such", 3),
        ("feed rotate", 2),
        ("feed qr all --png ptcrm.yaml", 4),
        ("serve --url example.org", 2),
    ],
)
def test_what_the_page_says_is_refused(
    line: str, code: int, sample: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sample)
    before = {path: path.read_bytes() for path in sample.rglob("*") if path.is_file()}
    result = run(*([] if "--today" in line else ["--today", DAY]), *shlex.split(line))
    assert (result.exit_code, result.stdout) == (code, "")
    assert {path: path.read_bytes() for path in sample.rglob("*") if path.is_file()} == before


def test_words_for_days_mean_what_the_page_says() -> None:
    from ptcrm.model.dates import parse_day

    for cells in table(section(page("commands"), "Days"))[2:]:
        words = re.findall("`([^`]+)`", cells[0])
        days = cells[1].split(", ")
        days = days if len(days) == len(words) else days * len(words)
        assert [str(parse_day(word, TODAY)) for word in words] == days


# Fields and configuration


def test_every_field_is_documented() -> None:
    assert first_column(section(page("format"), "2.2 Fields")) == {field.name for field in FIELDS}


def field_examples() -> list[tuple[str, str]]:
    rows = table(section(page("format"), "2.2 Fields"))[2:]
    return [(row[0].strip("`"), row[2].strip("`")) for row in rows]


@pytest.mark.parametrize(("name", "example"), field_examples())
def test_every_fields_example_is_read(name: str, example: str) -> None:
    source = Source("customers/anna.md", f"---\n{name}: {example}\n---\n")
    reading = read_customer(source, READER)
    assert reading.customer is not None
    assert reading.diagnostics == ()
    assert name in reading.customer.lines


def test_the_example_customer_is_read_whole() -> None:
    text = next(block.text for block in blocks(page("format")) if block.language == "markdown")
    reading = read_customer(Source("customers/anna.md", text), READER)
    assert reading.diagnostics == ()
    assert reading.customer is not None
    assert len(reading.customer.log) == 4
    assert len(reading.customer.follow_ups) == 2


def test_every_channel_is_documented() -> None:
    text = section(page("format"), "2.3 The log")
    shown = {word: cells[1] for cells in table(text) for word in re.findall("`([^`]+)`", cells[0])}
    for name, channel in Config().channels.items():
        assert shown[name].startswith({"yes": "yes", "no": "no", "in": "only with"}[channel.touch])


def nested(kind: object) -> Iterator[str]:
    """The keys below a key of the configuration, from the types of `Config`."""
    if isinstance(kind, type) and kind.__module__ == Config.__module__:
        for name, hint in get_type_hints(kind).items():
            yield from (name, *nested(hint))
    for argument in get_args(kind):
        yield from nested(argument)


@pytest.mark.parametrize("key", [key.name for key in KEYS])
def test_every_configuration_key_is_documented(key: str) -> None:
    text = section(page("configuration"), key)
    assert first_column(text) == set(nested(get_type_hints(Config)[key]))
    assert "default" in text


def configured(text: str) -> tuple[Config, list[Diagnostic]]:
    report = Report(Source("ptcrm.yaml", text))
    root = compose(text, Span(0, len(text)))
    assert not isinstance(root, Flaw), root
    return read_config(root, report), report.found


@pytest.mark.parametrize("title", ["An example", "Every default, written out"])
def test_example_configurations_are_read(title: str) -> None:
    text = next(block.text for block in blocks(page("configuration")) if block.heading == title)
    _, problems = configured(text)
    assert problems == []


def test_the_defaults_are_the_defaults() -> None:
    text = next(
        block.text for block in blocks(page("configuration")) if block.heading.startswith("Every default")
    )
    config, _ = configured(text)
    assert replace(config, lines={}) == Config()


# Diagnostics


class Seen(NamedTuple):
    codes: set[str]
    severities: set[str]


def seen(root: Path, code: str) -> Seen:
    with closing(Workspace(root, TODAY, None, root.parent / "state")) as workspace:
        found = workspace.diagnostics(USUAL | {code})
    return Seen({one.code for one in found}, {one.severity.value for one in found})


def from_example(block: Block, make_vault: MakeVault) -> Path:
    """A vault with the example as its configuration, as a template or as a customer."""
    if block.language == "yaml":
        return make_vault({}, config=block.text)
    if block.language == "jinja":
        root = make_vault({})
        (root / "templates").mkdir()
        (root / "templates" / "thank-you.md").write_text(block.text, encoding="utf-8")
        return root
    return make_vault({"anna": block.text}, config=TIERS)


def build(code: str, make_vault: MakeVault, tmp_path: Path) -> Path:
    """A vault after the recipe of the code's section, or from its example."""
    for block in blocks(page("diagnostics")):
        if block.heading == code and block.language:
            return from_example(block, make_vault)
    anna = "---\nname: Anna Kowalska\n---\n"
    root = make_vault({"anna": anna}, config=TIERS)
    folder = root / "customers"
    if code == "PT001":
        (folder / "anna.md").write_bytes("---\nname: René\n---\n".encode("latin-1"))
    elif code == "PT009":
        outside = tmp_path / "outside.md"
        outside.write_text(anna, encoding="utf-8")
        (folder / "anna.md").unlink()
        (folder / "anna.md").symlink_to(outside)
    elif code == "PT011":
        shutil.copy(folder / "anna.md", folder / "anna 2.md")
    elif code == "PT401":
        (folder / "a.md").write_text("---\nid: maria\n---\n", encoding="utf-8")
        (folder / "b.md").write_text("---\nid: Maria\n---\n", encoding="utf-8")
    elif code == "PT406":
        (root / "ptcrm.yaml").write_text("owners: [marta]\n", encoding="utf-8")
        (folder / "anna.md").write_text("---\nname: Anna\nowner: marat\n---\n", encoding="utf-8")
    elif code == "PT407":
        for name in ("a", "b"):
            text = "---\nname: Anna\nemails: anna@rowery.example\n---\n"
            (folder / f"{name}.md").write_text(text, encoding="utf-8")
    else:
        pytest.fail(f"{code} has neither an example nor a recipe")
    return root


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_diagnostic_is_documented(rule: Rule, make_vault: MakeVault, tmp_path: Path) -> None:
    text = section(page("diagnostics"), rule.code)
    assert text.strip().startswith(f"{rule.severity.value.capitalize()}. ")
    assert "What to do: " in text
    if rule.code == "PT009" and os.name == "nt":
        pytest.skip("links need a permission there")
    assert seen(build(rule.code, make_vault, tmp_path), rule.code) == Seen({rule.code}, {rule.severity.value})


@pytest.mark.parametrize(
    ("code", "fields", "body"),
    [
        *(("PT105", f"{name}: a, b", "") for name in ("tags", "interests", "prefers", "avoids", "mute")),
        ("PT105", "", "## Log\n\n- 2026-11-02 call: About the new shop [minutes:: long]"),
        ("PT106", "", "## Log\n\n- 2026-11-02 note: Thank-you card [cost:: a lot]"),
        ("PT201", "", "## Log\n\n- 2.11.2026 call: About the new shop"),
        ("PT202", "", "- [ ] 2026-12-01 cal: Ask about the new shop"),
        ("PT205", "", "## Log\n\n2026-11-02 call: About the new shop"),
        ("PT301", "", "- [ ] 1.12.2026 call: Ask about the new shop"),
        ("PT301", "", "- [] 2026-12-01 call: Ask about the new shop"),
        ("PT301", "", "-[ ] 2026-12-01 call: Ask about the new shop"),
    ],
)
def test_the_other_slips_of_a_section_have_its_code(
    code: str, fields: str, body: str, make_vault: MakeVault
) -> None:
    root = make_vault({"anna": f"---\nname: Anna Kowalska\n{fields}\n---\n\n{body}\n"})
    assert seen(root, code).codes == {code}


def mended() -> list[list[str]]:
    """Code, option, what is written and what becomes of it."""
    return table(section(page("diagnostics"), "What can be mended"))[2:]


def file_of(cell: str) -> str:
    """A customer's file with the lines of a cell: fields above, all else in the log."""
    lines = re.findall("`([^`]+)`", cell)
    fields = [line for line in lines if re.match("[a-z]+:", line)]
    return "\n".join(
        ["---", *fields, "---", "", "## Log", "", *(line for line in lines if line not in fields), ""]
    )


@pytest.mark.parametrize("row", mended(), ids=lambda row: f"{row[0]} {row[2]}")
def test_what_the_page_calls_mended_is_mended(row: list[str], make_vault: MakeVault, run: Run) -> None:
    code, by, written, becomes = row
    vault = make_vault({"anna": file_of(written)}, config=TIERS)
    file = vault / "customers" / "anna.md"
    assert code in seen(vault, code).codes
    run("--vault", vault, "--today", DAY, "check", "--fix", "--select", code)
    assert file.read_text(encoding="utf-8") == file_of(becomes if by == "`--fix`" else written)
    run("--vault", vault, "--today", DAY, "check", "--fix", "--unsafe-fixes", "--select", code)
    assert file.read_text(encoding="utf-8") == file_of(becomes)
    assert code not in seen(vault, code).codes


@pytest.mark.parametrize("code", sorted(CODES - {row[0] for row in mended()}))
def test_what_the_page_does_not_call_mended_stays_as_it_is(
    code: str, make_vault: MakeVault, tmp_path: Path, run: Run
) -> None:
    if code == "PT009" and os.name == "nt":
        pytest.skip("links need a permission there")
    vault = build(code, make_vault, tmp_path)
    before = {path: path.read_bytes() for path in vault.rglob("*.*")}
    run("--vault", vault, "--today", DAY, "check", "--fix", "--unsafe-fixes", "--select", code)
    assert {path: path.read_bytes() for path in vault.rglob("*.*")} == before
    assert code in seen(vault, code).codes


def test_a_copys_difference_is_shown_as_the_page_shows_it(make_vault: MakeVault, run: Run) -> None:
    anna = "---\nname: Anna Kowalska\n---\n"
    root = make_vault({"anna": anna, "anna 2": anna.replace("ska", "ska\ntier: gold")}, "tiers: {gold: {}}\n")
    shown = next(block for block in blocks(page("diagnostics")) if block.heading == "PT011")
    assert run("--vault", root, "check").stdout == shown.text


def test_a_querys_flaw_is_shown_as_the_page_shows_it(make_vault: MakeVault, run: Run) -> None:
    config, shown = (block.text for block in blocks(page("diagnostics")) if block.heading == "PT504")
    assert run("--vault", make_vault({}, config), "check").stdout == shown


def test_no_code_is_made_up() -> None:
    assert set(re.findall("PT[0-9]{3}", page("diagnostics"))) == {rule.code for rule in RULES}


# JSON


def keys(answer: object) -> Iterator[str]:
    """Every key of an answer, at any depth."""
    if isinstance(answer, list):
        for part in answer:
            yield from keys(part)
    elif isinstance(answer, dict):
        for key, part in answer.items():
            yield key
            if key not in COUNTED or not isinstance(part, dict):
                yield from keys(part)


COUNTED = {"status", "tier", "kind", "channel", "year"}  # in `stats` objects whose keys are the vault's
ANSWERS = {
    "--json": ("An occurrence",),
    "due --json": ("An occurrence",),
    "agenda --json": ("An occurrence",),
    "plan --json": (),
    "neglected --json": (),
    "playbook kim-seo-yeon --json": (),
    "birthdays --json": ("An occurrence",),
    "list --json": ("A customer's fields",),
    "show ipek --json": ("A customer's fields", "An occurrence", "ptcrm playbook --json"),
    "brief ipek --json": ("An occurrence",),
    "draft ipek thank-you --json": (),
    "draft --list --json": (),
    "list --group-by tier --json": ("A customer's fields", "ptcrm list --json"),
    "find gear --json": (),
    "timeline --json": (),
    "library list --json": (),
    "share --json": (),
    "share fleet-check-january --json": (),
    "tags --json": (),
    "fields --json": (),
    "stats --json": (),
    "why leonie-haas --json": ("An occurrence",),
    "budget --json": (),
    "winback --json": (),
    "tiers --all --json": (),
    "campaign --json": (),
    "campaign christmas --json": (),
    "review --json": tuple(f"ptcrm review {name} --json" for name in REVIEWED),
    "review --year 2026 --json": (),
    **{f"review {name} --json": () for name in REVIEWED},
    "export mailing --where tier:gold --json": (),
    "export subject jan-nowak --json": ("An occurrence",),
    "check --json": (),
    "conflicts --json": (),
    f"import ics {ROOT / 'tests' / 'data' / 'import' / 'answer'} --json": (),
    "dupes --json": (),
    "undo --list --json": (),
    "history jan-nowak --json": (),
    "blame jan-nowak --json": (),
    "diff --json": (),
    "sync --json": (),
    "feed list --json": (),
    "feed url --json": (),
    "cache stats --json": (),
}


@pytest.mark.parametrize("command", ANSWERS)
def test_every_json_key_is_documented(command: str, sample: Path, run: Run) -> None:
    odd = "---\nname: Odd\ncadence: 3 wks\n---\n"
    if has_past(command) or "subject" in command:
        give_a_past(sample)
        run("--vault", sample, "--today", DAY, "snooze", "jan-nowak", "+1d")
    (sample / "customers" / "odd.md").write_text(odd, encoding="utf-8")
    run("--vault", sample, "--today", DAY, "set", "odd", "role", "owner")  # something to undo
    (sample / "customers" / "odd 2.md").write_text(odd, encoding="utf-8")  # something to merge
    if command == "dupes --json":
        (sample / "customers" / "twin.md").write_text(TWIN, encoding="utf-8")
    if command == "sync --json":
        begin_with_a_name(sample)
    result = run("--vault", sample, "--today", DAY, *command.split())
    answer = set(keys(json.loads(result.stdout)))
    own = {name for path in (sample / "customers").rglob("*.md") for name, _ in _own(path)}
    text = page("json")
    title = (
        re.sub(
            f"{ROOT}\\S+ |leonie-haas |kim-seo-yeon |ipek |thank-you |jan-nowak |--all |--where tier:gold |tier |gear |2026 ",
            "",
            command,
        )
        .replace("christmas", "NAME")
        .replace("fleet-check-january", "WHAT")
    )
    documented = first_column(section(text, f"ptcrm {title}"))
    for title in ANSWERS[command]:
        documented |= first_column(section(text, title))
    assert answer - own == documented


def _own(path: Path) -> tuple[tuple[str, str], ...]:
    reading = read_customer(Source.decode(path.name, path.read_bytes()), LineReader.of(Config()))
    return reading.customer.own if reading.customer else ()


def test_every_command_with_json_has_its_answer_described() -> None:
    with_json = {
        re.sub("(?<=^ptcrm import ).*", "ics", path)  # all of them answer alike
        for path, command in commands(cli)
        if any(isinstance(param, click.Option) and "--json" in param.opts for param in command.params)
    }
    described = {
        " ".join(
            word
            for word in command.split()
            if word
            not in (
                "--json",
                "--list",
                "--all",
                "--group-by",
                "--where",
                "--year",
                "2026",
                "fleet-check-january",
                "tier:gold",
                "tier",
                "gear",
                "leonie-haas",
                "kim-seo-yeon",
                "ipek",
                "jan-nowak",
                "thank-you",
            )
            and not word.startswith(str(ROOT))
        )
        for command in ANSWERS
    }
    assert with_json == {f"ptcrm {name}".strip() for name in described - {"campaign christmas"}}


# Architecture


def test_every_module_is_in_the_table_of_layers() -> None:
    from tests.test_architecture import LAYERS

    rows = table(section(page("architecture"), "Layers"))[2:]
    shown = {name: row[0] for row in rows for name in re.findall(r"`([\w/.]+)`", row[1])}
    for path in (ROOT / "ptcrm").rglob("*.py"):
        name = path.relative_to(ROOT / "ptcrm").as_posix()
        if path.stem.startswith("__"):
            continue
        layer = shown.pop(name, None) or shown.get(name.partition("/")[0] + "/")
        assert layer is not None, f"{name} is not in the table"
        part = name.partition("/")[0].removesuffix(".py")
        assert layer == ("–" if part == "errors" else str(LAYERS[part])), name
    assert all((ROOT / "ptcrm" / name).exists() for name in shown)
