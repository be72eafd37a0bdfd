"""A customer's file under another name: its identity stays, and every link leads to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptcrm.model.config import Config
from ptcrm.model.diagnostic import Problem
from ptcrm.text.edits import apply_edits
from ptcrm.text.source import Source
from ptcrm.vault.document import parse_document
from ptcrm.vault.fields import parse_stem
from ptcrm.vault.log import LineReader
from ptcrm.vault.names import is_debris, original_of
from ptcrm.vault.rename import repoint, rewritten
from ptcrm.vault.schema import read_customer
from tests.conftest import DAY, MakeVault, Run
from tests.test_cli_errors import snapshot
from tests.test_store import COPIES, DEBRIS

ANNA = "---\nname: Anna Kowalska\n---\nSee [[anna#Log|below]].\n"


def repointed(text: str, new: str = "new name") -> str:
    document = parse_document(Source("customers/sub/x.md", text), ("Log",))
    return apply_edits(text, repoint(document, "Anna", new, lambda target: "other" not in target))


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("[[anna]]", "[[new name]]"),
        ("[[ Anna ]]", "[[ new name ]]"),
        ("[[anna|Anna]] and [[anna#Log]]", "[[new name|Anna]] and [[new name#Log]]"),
        ("[[customers/sub/anna]]", "[[customers/sub/new name]]"),
        ("[[sub/anna.md]]", "[[sub/new name.md]]"),
        ("[her](../anna.md#log)", "[her](../new%20name.md#log)"),
        ("[her](<../anna.md>)", "[her](<../new name.md>)"),
        (
            "[her](../anna.md \"Anna\") [her](anna.md 'A')",
            "[her](../new%20name.md \"Anna\") [her](new%20name.md 'A')",
        ),
        ("[anna](anna/anna.md)", "[anna](anna/new%20name.md)"),
        ("[[anna-b]] [[joanna]] [[other/anna]]", "[[anna-b]] [[joanna]] [[other/anna]]"),
        ("`[[anna]]`\n```\n[[anna]]\n```\n", "`[[anna]]`\n```\n[[anna]]\n```\n"),
        (
            "---\ncompany: '[[anna]]'\n---\r\n[[anna]]\r\n",
            "---\ncompany: '[[new name]]'\n---\r\n[[new name]]\r\n",
        ),
    ],
)
def test_links_are_repointed_and_nothing_else(text: str, after: str) -> None:
    assert repointed(text) == after


@given(st.text(alphabet="[]|#()/ \nanm.d<>`-", max_size=60))
def test_only_the_name_in_links_ever_changes(text: str) -> None:
    assert repointed(text, "anna") == text


def uids_of(feed: str) -> list[str]:
    return sorted(re.findall("^UID:(.*)$", feed, re.MULTILINE))


def test_rename(run: Run, make_vault: MakeVault) -> None:
    jan = "---\nname: Jan\nreferred_by: '[[anna]]' # a friend\n---\r\nSee [her](../anna.md).\r\n"
    vault = make_vault({"anna": ANNA, "sub/jan": jan, "note": "[[anna]]\n"})
    (vault / "library").mkdir()
    (vault / "library" / "tip.md").write_text("For [[customers/anna|Anna]].\n", encoding="utf-8")
    uids = uids_of(run("--vault", vault, "--today", DAY, "export", "ics").stdout)
    result = run("--vault", vault, "--today", DAY, "rename", "Anna Kowalska", "Anna Nowak")
    assert result.stdout == "customers/anna.md is now Anna Nowak.md; the links in 3 other files lead to it.\n"
    assert "The name is still “Anna Kowalska”" in result.stderr
    files = {path: content.decode() for path, content in snapshot(vault / "customers").items()}
    assert files == {
        str(vault / "customers" / "Anna Nowak.md"): (
            "---\nid: anna\nname: Anna Kowalska\n---\nSee [[Anna Nowak#Log|below]].\n"
        ),
        str(vault / "customers" / "note.md"): "[[Anna Nowak]]\n",
        str(vault / "customers" / "sub" / "jan.md"): (
            jan.replace("[[anna]]", "[[Anna Nowak]]").replace("anna.md", "Anna%20Nowak.md")
        ),
    }
    assert (vault / "library" / "tip.md").read_text() == "For [[customers/Anna Nowak|Anna]].\n"
    assert uids == uids_of(run("--vault", vault, "--today", DAY, "export", "ics").stdout)
    assert len(uids) == 2
    assert run("--vault", vault, "show", "anna").exit_code == 0
    assert [one for one in run("--vault", vault, "check").stdout.splitlines() if "PT402" in one] == []


def test_an_id_of_its_own_and_links_by_it_stay(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault(
        {
            "anna": ANNA.replace("---\n", "---\nid: ak\naliases: [Ania]\n", 1),
            "jan": "---\n---\n[[ak]] [[Ania]]\n",
        }
    )
    run("--vault", vault, "rename", "ak", "anna-nowak")
    assert (vault / "customers" / "jan.md").read_text() == "---\n---\n[[ak]] [[Ania]]\n"
    assert (vault / "customers" / "anna-nowak.md").read_text().startswith("---\nid: ak\naliases")


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("jan", 4),  # a customer
        ("Jan Nowak Junior", 4),  # an alias
        ("note", 4),  # a file that is no customer
        ("anna", 2),
        ("a/b", 2),
        ("../anna2", 2),
        ("a:b", 2),
        ("CON", 2),
        ("nul.txt", 2),
        (".hidden", 2),
        ("trailing.", 2),
        ("copy~", 2),
        ("jan 2", 2),
        ("jan (1)", 2),
        ("x.sync-conflict-20260101-120000-ABC", 2),
        ("x (Marta's conflicted copy)", 2),
        ("x.bak", 2),
        ("NOTE", 4),  # the same on computers that do not tell cases apart
        ("x" * 101, 2),
        ("a\x1bb", 2),
        ("", 2),
    ],
)
def test_names_that_cannot_be(new: str, code: int, run: Run, make_vault: MakeVault) -> None:
    jan = "---\nid: jan\naliases: [Jan Nowak Junior]\n---\n"
    vault = make_vault({"anna": ANNA, "jan": jan, "note": "a note\n"})
    before = snapshot(vault)
    assert run("--vault", vault, "rename", "anna", new).exit_code == code
    assert snapshot(vault) == before


def test_an_item_of_the_library_is_not_renamed_and_how_to_is_said(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna": ANNA + "- [[tyres]]\n"})
    item = vault / "library" / "tyres.md"
    item.parent.mkdir()
    item.write_text("---\ntitle: Tyres\n---\n")
    before = snapshot(vault)
    refused = run("--vault", vault, "--today", DAY, "rename", "tyres", "wheels")
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert refused.stderr == (
        "ptcrm: “tyres” is no customer but something of the library: library/tyres.md\n"
        "Only customers are renamed. Rename the file yourself; with `id: tyres` in it, links to it lead there still.\n"
    )
    assert snapshot(vault) == before
    item.rename(item.with_name("wheels.md")).write_text("---\nid: tyres\ntitle: Tyres\n---\n")
    assert run("--vault", vault, "--today", DAY, "check").exit_code == 0
    assert "of the library" not in run("--vault", vault, "rename", "nobody", "x").stderr


def test_a_file_that_cannot_be_written_is_named_and_the_others_change(
    run: Run, make_vault: MakeVault
) -> None:
    broken = "---\nname: [Jan\n---\n[[anna]]\n"
    vault = make_vault({"anna": ANNA, "jan": broken, "ewa": "---\n---\n[[anna]]\n"})
    result = run("--vault", vault, "rename", "anna", "ania")
    assert result.exit_code == 0
    assert "customers/jan.md: its links to anna cannot be changed" in result.stderr
    assert (vault / "customers" / "jan.md").read_text() == broken
    assert (vault / "customers" / "ewa.md").read_text() == "---\n---\n[[ania]]\n"


def test_a_new_name_that_quotes_do_not_take_is_refused_for_that_file(run: Run, make_vault: MakeVault) -> None:
    jan = "---\ncompany: '[[anna]]'\ntags: [a]\n---\n"
    vault = make_vault({"anna": ANNA, "jan": jan})
    result = run("--vault", vault, "rename", "anna", "o'neil")
    assert "customers/jan.md: its links to anna cannot be changed" in result.stderr
    assert (vault / "customers" / "jan.md").read_text() == jan


def test_the_guard_lets_nothing_but_links_change() -> None:
    reader = LineReader.of(Config())
    reading = read_customer(Source("customers/x.md", "---\ntier: gold\n---\n[[anna]]\n"), reader)
    from ptcrm.errors import RefusedError
    from ptcrm.text.edits import Edit
    from ptcrm.text.source import Span

    with pytest.raises(RefusedError):
        rewritten(reading, [Edit(Span(10, 14), "lead")], "customers/x.md", reader)


NAMES = st.text(max_size=120) | st.from_regex(
    r"[A-Za-z#~. ]{0,3}( \(?[0-9]{1,3}\)?|_(BASE|LOCAL|base)_1?|\.(bak|swp|sync-conflict-1)| \((a )?conflicted copy\))(\.md)?",
    fullmatch=True,
)


@given(NAMES)
def test_a_stem_that_is_taken_is_one_for_every_system(words: str) -> None:
    stem = parse_stem(words)
    if isinstance(stem, Problem):
        return
    assert 0 < len(stem.encode(errors="replace")) <= 100
    assert not set(stem) & set('<>:"/\\|?*[]#^\x00\n')
    assert stem[0] not in ".~ "
    assert stem[-1] not in ". ~"
    assert Path(stem).name == stem
    assert not is_debris(f"{stem}.md")
    beside = {f"{stem[:end]}.md" for end in range(len(stem))}
    assert original_of(f"{stem}.md", beside) is None


@pytest.mark.parametrize(
    "name", [name for name in [*DEBRIS, *COPIES] if name.endswith(".md") and "/" not in name]
)
def test_a_name_that_the_scanner_leaves_out_is_given_to_nobody(name: str) -> None:
    assert isinstance(parse_stem(name), Problem)


@pytest.mark.parametrize(
    "stem", ["x.base", "anna_base_1", "4913", "anna 200", "anna (old)", "my conflicted copy"]
)
def test_a_name_that_the_scanner_reads_may_be_given(stem: str) -> None:
    assert parse_stem(stem) == stem
