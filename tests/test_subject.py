"""All that is held about somebody, told to whoever asks: nothing is missing, nothing breaks out of its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.conftest import DAY, MakeVault, Run
from tests.repos import commit, make_repository
from tests.test_cli_errors import snapshot

ANNA = """\
---
id: anna-k
name: Anna K
tags: [newsletter]
---

```
code
```

- [ ] 2026-12-01 call: Ask

## Log

- 2026-11-02 call: Hello
"""
MAILINGS = """\
# Mailings

- 2026-01-02 card: By hand, to [[anna-k]]
- 2026-02-02 newsletter: Winter letter (tag:newsletter, 2 people)
- 2026-03-02 newsletter: Spring letter (tag:other, 2 people)
- 2026-04-02 newsletter: Broken (tier:, 2 people)
"""


@pytest.fixture
def vault(make_vault: MakeVault, run: Run) -> Path:
    others = {"jan": "---\nname: Jan\n---\nMarried to `x` [[anna-k|Anna]].\n", "ann": "---\nname: Ann\n---\n"}
    root = make_vault({"anna-k": ANNA, **others})
    (root / "mailings.md").write_text(MAILINGS, encoding="utf-8")
    make_repository(root)
    commit(root, "2026-11-01")
    assert run("--vault", root, "--today", DAY, "log", "anna-k", "call: More").exit_code == 0
    return root


def subject(run: Run, vault: Path, *words: str) -> str:
    result = run("--vault", vault, "--today", DAY, "export", "subject", "anna-k", *words)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_everything_is_there(vault: Path, run: Run) -> None:
    before = snapshot(vault / "customers")
    found = json.loads(subject(run, vault, "--json"))
    (file,) = found["files"]
    assert file == {"path": "customers/anna-k.md", "text": (vault / "customers" / "anna-k.md").read_text()}
    assert [(one["path"], one["line"]) for one in found["mentions"]] == [
        ("customers/jan.md", 4),
        ("mailings.md", 3),
    ]
    assert [one["line"] for one in found["mailings"]] == [4]
    assert found["standing"]["last_contact"] == DAY
    assert [(one["planned"], one["text"]) for one in found["coming"]] == [("2026-12-01", "Ask")]
    assert [one["label"] for one in found["undo"]] == ["log anna-k call: More"]
    git = [(one["file"], one["own"], len(one["commits"]), one["first"]) for one in found["git"]]
    assert git == [
        ("customers/anna-k.md", True, 1, "2026-11-01"),
        ("customers/jan.md", False, 1, "2026-11-01"),
        ("mailings.md", False, 1, "2026-11-01"),
    ]
    assert any(path.endswith(".sqlite") for path in found["kept"])
    assert snapshot(vault / "customers") == before


def test_the_text_has_the_same(vault: Path, run: Run, tmp_path: Path) -> None:
    place = tmp_path / "anna.md"
    assert subject(run, vault, "-o", str(place)) == ""
    text = place.read_text(encoding="utf-8")
    assert text == subject(run, vault)
    for part in ("- 2026-11-23 call: More", "customers/jan.md:4", "Winter letter", "operation 1", "1 commit"):
        assert part in text
    assert "Spring letter" not in text
    assert place.stat().st_mode & 0o077 == 0 or place.drive
    fences = [one.content for one in MarkdownIt().parse(text) if one.type == "fence"]
    assert fences == [(vault / "customers" / "anna-k.md").read_text()]


def test_hostile_text_stays_in_its_place(vault: Path, run: Run) -> None:
    (vault / "customers" / "jan.md").write_text(
        "---\n---\n# <b>`` [[anna-k]] ``` \x1b[31m\n", encoding="utf-8"
    )
    (vault / "customers" / "anna-k.md").write_text("---\nname: 'Anna K'\n---\n````\n# x\n", encoding="utf-8")
    text = subject(run, vault)
    assert "\x1b" not in text
    tokens = MarkdownIt().parse(text)
    titles = [one.content for one in tokens if one.type == "inline" and one.level == 1 and one.map]
    assert not any(child.type == "html_inline" for one in tokens for child in one.children or [])
    assert "x" not in titles
    assert "<b>" in text


def test_without_git_it_tells_the_rest(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"anna-k": ANNA})
    found = json.loads(subject(run, vault, "--json"))
    assert (found["git"], found["git_problem"], found["undo"]) == ([], None, [])


def test_a_database_is_named_and_not_printed(vault: Path, run: Run) -> None:
    assert run("--vault", vault, "export", "sqlite", "-o", vault / "all.db").exit_code == 0
    (vault / "other.db").write_bytes(b"\0 Jan only")
    perhaps = json.loads(subject(run, vault, "--json"))["perhaps"]
    assert [one for one in perhaps if one["path"].endswith(".db")] == [
        {"path": "all.db", "line": None, "text": "somewhere in this file, which is no text"}
    ]
    assert "`all.db`: `somewhere in this file, which is no text`" in subject(run, vault)
