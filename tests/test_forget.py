"""Nothing of ptcrm's holds somebody who was forgotten: searched for byte by byte; and what git holds is listed."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptcrm.cli.words import known_words
from ptcrm.model.change import Erasure
from ptcrm.server.kept import Kept
from ptcrm.vault import applying
from ptcrm.vault.places import place_of
from ptcrm.workspace import Workspace
from tests.conftest import DAY, MakeVault, Run
from tests.repos import commit, git, make_repository
from tests.test_cli_errors import snapshot
from tests.test_journal import Ended, calls

ZANETA = """\
---
id: zaneta-kowalska
name: Żaneta Kowalska
emails: [zaneta@rowery.example]
phones: ["+48 600 100 200"]
birthday: 1984-12-01
---

Her divorce is final.

- [ ] 2026-12-01 call: Ask how the sailing went

## Log

- 2026-11-02 call: Talked about the lawsuit
"""
JAN = """\
---
name: Jan Nowak\r
referred_by: "[[zaneta-kowalska]]" # a friend\r
family:
  - "[[zaneta-kowalska|Żaneta]] (sister)"
  - Ola
---

Asks for [[zaneta-kowalska|Żaneta]] and Zaneta Nowak; ŻANETA KOWALSKA is at zaneta@rowery.example\r
or 0048 600-100-200, 600 100 200. [Her](../customers/zaneta-kowalska.md) bill: ![[zaneta-kowalska]] #zaneta-kowalska.

## Log

- 2026-11-03 visit: Lunch [with:: [[zaneta-kowalska]]] at the sea
- 2026-11-01 call: Old things [with:: Żaneta Kowalska]
"""
JAN_AFTER = """\
---
name: Jan Nowak\r
referred_by: "a former customer" # a friend\r
family:
  - "a former customer (sister)"
  - Ola
---

Asks for a former customer and Zaneta Nowak; a former customer is at a former customer\r
or a former customer, a former customer. a former customer bill: a former customer a former customer.

## Log

- 2026-11-03 visit: Lunch at the sea
- 2026-11-01 call: Old things
"""
OTHER = "---\nname: Piotr\n---\n\n## Log\n\n- 2026-11-02 call: Stays\n"
SECRETS = (
    *("zaneta-kowalska", "żaneta kowalska", "zaneta@rowery", "600 100 200", "600100200", "1984-12-01"),
    *("divorce", "lawsuit", "sailing", "an unsent thought"),
)


def spellings() -> Iterator[bytes]:
    for secret in SECRETS:
        yield secret.encode()
        yield json.dumps(secret)[1:-1].encode()


def traces(*folders: Path) -> list[str]:
    """Every file below the folders, git's apart, that holds a secret, in its name or its bytes."""
    found = []
    for folder in folders:
        for path in (one for one in folder.rglob("*") if ".git" not in one.parts):
            content = path.read_bytes() if path.is_file() else b""
            content = content.replace(b"\r\n ", b"").decode("utf-8", "replace").lower().encode()
            found += [
                f"{path}: {one!r}" for one in spellings() if one in content + path.name.lower().encode()
            ]
    return found


@pytest.fixture
def vault(make_vault: MakeVault, run: Run, own_home: Path) -> Path:
    """A vault that knows Żaneta in every place that there is."""
    root = make_vault({"zaneta-kowalska": ZANETA, "jan": JAN, "trade/piotr": OTHER})
    (root / "library").mkdir()
    (root / "library" / "tip.md").write_text("For [[Żaneta Kowalska]].\n", encoding="utf-8")
    (root / "mailings.md").write_text("# Mailings\n\n- 2026-01-02 card: By hand (id:zaneta-kowalska, 1)\n")
    for words in (
        ["set", "zaneta-kowalska", "role", "owner"],
        ["rename", "zaneta-kowalska", "zaneta"],
        ["rename", "zaneta", "zaneta-kowalska"],
        ["log", "zaneta-kowalska,", "jan", "call: Talked of the divorce"],
        ["undo"],
        ["log", "trade/piotr", "call: Stays too"],
        ["list", "divorce"],
        ["show", "zaneta-kowalska"],
        ["export", "ics"],
    ):
        assert run("--vault", root, "--today", DAY, *words).exit_code == 0, words
    shutil.copy(root / "customers" / "zaneta-kowalska.md", root / "customers" / "zaneta-kowalska 2.md")
    for name in ("zaneta-kowalska.md~", ".zaneta-kowalska.md.swp", "zaneta-kowalska.md.orig"):
        shutil.copy(root / "customers" / "zaneta-kowalska.md", root / "customers" / name)
    (root / "customers" / ".zaneta-kowalska.md.swo").write_bytes(b"of an editor")
    state, cache = own_home / "ptcrm", own_home / "ptcrm"
    known_words(root, cache, state)
    feed = run("--vault", root, "--today", DAY, "export", "ics").stdout_bytes
    Kept(state / place_of(root) / "feeds").keep("all", feed)
    (state / "drafts").mkdir()
    (state / "drafts" / "log-zaneta-kowalska-x.md").write_text("call: an unsent thought\n")
    (state / "drafts" / "log-piotr-x.md").write_text("call: stays\n")
    return root


def forget(run: Run, vault: Path, *more: str) -> str:
    result = run("--vault", vault, "--today", DAY, "forget", "zaneta-kowalska", *(more or ("--yes",)))
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_no_trace_is_left(vault: Path, run: Run, own_home: Path) -> None:
    assert len({line.partition(": ")[0] for line in traces(vault, own_home)}) > 15
    said = forget(run, vault)
    assert traces(vault, own_home) == []
    assert (vault / "customers" / "jan.md").read_bytes() == JAN_AFTER.encode()
    assert (vault / "library" / "tip.md").read_text() == "For a former customer.\n"
    assert "(id:a former customer, 1)" in (vault / "mailings.md").read_text()
    assert "5 operations kept for undo" in said
    assert "1 feed" in said
    assert "Look yourself" not in said
    assert (own_home / "ptcrm" / "drafts" / "log-piotr-x.md").exists()
    assert run("--vault", vault, "check").exit_code == 0
    assert traces(vault, own_home) == []


def test_what_is_of_others_stays(vault: Path, run: Run) -> None:
    forget(run, vault)
    assert "Stays too" in run("--vault", vault, "show", "piotr").stdout
    assert run("--vault", vault, "undo").stdout.startswith("Undone: log piotr")
    assert "Stays too" not in run("--vault", vault, "show", "piotr").stdout
    assert run("--vault", vault, "undo").exit_code == 3


def test_a_dry_run_lists_every_place_and_changes_nothing(vault: Path, run: Run, own_home: Path) -> None:
    before = snapshot(vault)
    said = forget(run, vault, "--dry-run")
    assert snapshot(vault) == before
    for name in ("zaneta-kowalska.md", "zaneta-kowalska 2.md", ".zaneta-kowalska.md.swp"):
        assert f"customers/{name}" in said
    assert "    + For a former customer." in said
    assert "customers/jan.md:3\n" in said
    assert "5 operations kept for undo" in said
    assert f"words-{place_of(vault)}.json" in said
    held = {line.partition(": b")[0] for line in traces(vault, own_home)}
    assert [
        one for one in held if "feeds" not in one and ".json" not in one and Path(one).name not in said
    ] == []


def test_without_a_terminal_it_asks_for_yes(vault: Path, run: Run) -> None:
    before = snapshot(vault)
    result = run("--vault", vault, "forget", "zaneta-kowalska")
    assert result.exit_code == 2
    assert "--dry-run" in result.stderr
    assert snapshot(vault) == before


def test_at_a_terminal_the_id_is_typed(vault: Path) -> None:
    pytest.importorskip("fcntl", reason="there is no such terminal")
    from tests.terminal import Terminal

    for typed, code in (("yes", 3), ("zaneta-kowalska", 0)):
        with Terminal(vault, "forget", "zaneta-kowalska") as terminal:
            terminal.answer("type zaneta-kowalska: ", typed)
            assert terminal.ends() == code
        assert (vault / "customers" / "zaneta-kowalska.md").exists() == bool(code)


def test_what_may_be_somebody_else_is_left_and_named(run: Run, make_vault: MakeVault) -> None:
    anna = "---\nname: Anna\nphones: ['+48 600 100 200']\nemails: [office@shop.example]\n---\n"
    other = "---\nname: Anna Nowak\nemails: [office@shop.example]\n---\nAsk [[anna]] or Anna at office@shop.example.\n"
    vault = make_vault({"anna": anna, "anna-nowak": other})
    (vault / ".obsidian").mkdir()
    (vault / ".obsidian" / "workspace.json").write_text('{"last": "customers/anna.md"}')
    (vault / "list.csv").write_text("Anna,office@shop.example\n")
    (vault / "anna.jpg").write_bytes(b"\xff\xd8 a picture")
    (vault / "old.md").write_bytes(b"Anna in Latin-1: \xe9\n")
    said = run("--vault", vault, "forget", "anna", "--yes").stdout
    text = (vault / "customers" / "anna-nowak.md").read_text()
    assert text == other.replace("[[anna]]", "a former customer")
    for place in (
        "customers/anna-nowak.md:2: name: Anna Nowak",
        "customers/anna-nowak.md:5: Ask a former customer or Anna at",
        ".obsidian/workspace.json:1:",
        "list.csv:1: Anna,office@shop.example",
        "anna.jpg: the name of the file",
        "old.md:1: Anna in Latin-1",
    ):
        assert place in said


def test_their_places_may_be_somebody_elses_and_are_not_kept_for_undo(
    run: Run, make_vault: MakeVault, own_home: Path
) -> None:
    jo = (
        "---\nname: Jo\nurls: [https://jos-shop.example/]\naddresses: ['Long St 7, 80-001 Town', Town]\n---\n"
    )
    other = "---\nname: Bo\n---\nSee www.jos-shop.example/new, deliver to Long St 7,\n80-001 Town. In Town again.\n"
    vault = make_vault({"jo": jo, "bo": other})
    run("--vault", vault, "log", "bo", "call: Jo moved to long st 7, 80-001 Town, near jos-shop.example")
    said = run("--vault", vault, "forget", "jo", "--yes").stdout
    found = said[said.index("Look yourself") :]
    assert "customers/bo.md:4: See www.jos-shop.example/new" in found
    assert "In Town again" not in found
    assert "1 operation kept for undo" in said
    assert not [one for one in (own_home / "ptcrm").rglob("*.json") if b"jos-shop" in one.read_bytes()]


def test_a_file_with_errors_that_names_them_is_put_right_first(vault: Path, run: Run) -> None:
    bad = vault / "customers" / "bad.md"
    bad.write_text("---\nname: [\n---\n[[zaneta-kowalska]]\n")
    before = snapshot(vault)
    result = run("--vault", vault, "forget", "zaneta-kowalska", "--yes")
    assert result.exit_code == 4
    assert "customers/bad.md:4: [[zaneta-kowalska]]" in result.stderr
    assert snapshot(vault) == before


def test_a_company_is_taken_from_its_people(run: Run, make_vault: MakeVault) -> None:
    people = {
        "a": '---\nname: A\ncompany: "[[big-shop]]"\nrole: owner\n---\n',
        "b": "---\nname: B\ncompany: [[Big Shop]]\n---\n",
        "c": "---\n{name: C, company: '[[big-shop]]'}\n---\n",
    }
    vault = make_vault({"big-shop": "---\nname: Big Shop\nkind: company\n---\n", **people})
    assert run("--vault", vault, "forget", "big-shop", "--yes").exit_code == 0
    texts = [(vault / "customers" / f"{name}.md").read_text() for name in "abc"]
    assert texts == [
        "---\nname: A\nrole: owner\n---\n",
        "---\nname: B\n---\n",
        "---\n{name: C, company: 'a former customer'}\n---\n",
    ]


def test_the_folder_that_was_theirs_alone_goes(run: Run, make_vault: MakeVault) -> None:
    vault = make_vault({"lone-wolf/index": "---\nid: lone-wolf\nname: Lone Wolf\n---\n"})
    run("--vault", vault, "forget", "lone-wolf", "--yes")
    assert sorted(path.name for path in vault.iterdir()) == ["customers", "ptcrm.yaml"]
    assert list((vault / "customers").iterdir()) == []


# Interrupted


def test_an_end_at_any_call_leaves_all_or_nothing(
    vault: Path, tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends before the n-th call, for every fifth n; the next command completes it."""
    monkeypatch.setattr(applying, "_roll_back", lambda *_: None)  # a process that is gone rolls nothing back
    monkeypatch.setattr(os, "fsync", lambda _: None)
    at, outcomes = 1, set()
    while True:
        root, home = tmp_path / f"{at}" / "vault", tmp_path / f"{at}" / "home"
        shutil.copytree(vault, root, copy_function=shutil.copy2)
        shutil.copytree(own_home / "ptcrm", home)
        for old in home.rglob(f"*{place_of(vault)}*"):
            old.rename(old.with_name(old.name.replace(place_of(vault), place_of(root))))

        def end(n: int, at: int = at) -> None:
            if n >= at:
                raise Ended

        workspace = Workspace(root, None, home, home)
        held = workspace.held(workspace.find("zaneta-kowalska"))
        state = home / place_of(root)
        files = [*state.glob("feeds/*"), *home.glob("words-*"), home / "drafts" / "log-zaneta-kowalska-x.md"]
        erasure = Erasure(held.traces, str(home / f"{place_of(root)}.sqlite"), tuple(map(str, files)))
        with pytest.MonkeyPatch.context() as patch:
            total = calls(patch, end)
            with contextlib.suppress(Ended):
                workspace.erase(held.operation, erasure)
            made = total()
        noted = (state / "pending.json").exists()
        Workspace(root, None, home, home).close()
        is_gone = not traces(root, home)
        assert is_gone or (not noted and (root / "customers" / "zaneta-kowalska.md").read_text() == NOW), at
        outcomes.add((is_gone, noted))
        shutil.rmtree(tmp_path / f"{at}")
        if made < at:
            break
        at += 5
    assert outcomes == {(True, True), (True, False), (False, False)}


NOW = ZANETA.replace("birthday: 1984-12-01\n", "birthday: 1984-12-01\nrole: owner\n")


def test_a_cache_in_use_is_emptied_and_begun_anew(vault: Path, run: Run, own_home: Path) -> None:
    """As `ptcrm serve` has it open."""
    with Workspace(vault, None, own_home / "ptcrm", own_home / "ptcrm") as serving:
        serving.cache.release()
        forget(run, vault)
        assert traces(vault, own_home) == []
        serving.renew()
        assert serving.index.find("zaneta") == []
        assert serving.index.count() == 2
    assert traces(vault, own_home) == []


# Git


def test_links_by_labels_go_with_their_labels(run: Run, make_vault: MakeVault) -> None:
    text = "---\nname: Bo\n---\n[Jo][1], [1], [1][] and [2], `[1]`, [1](x).\n\n[1]: <jo.md> 'Jo'\n[2]: other.md\n"
    vault = make_vault({"jo": "---\nname: Jo Ek\n---\n", "bo": text})
    assert run("--vault", vault, "forget", "jo", "--yes").exit_code == 0
    after = (vault / "customers" / "bo.md").read_text()
    former = "a former customer"
    assert after == (
        f"---\nname: Bo\n---\n{former}, {former}, {former} and [2], `[1]`, [1](x).\n\n[2]: other.md\n"
    )


def test_other_words_for_them_are_named(run: Run, make_vault: MakeVault) -> None:
    shop = "---\nname: Rowery K\nkind: company\n---\nAnna opens.\nBob closes.\n"
    others = (
        "---\nname: Jan Nowak\n---\nAnny Kowalskiej\nA. Kowalska\nPani Kowalska\nAnna K. came\nAnna of Rowery K\n"
        "Anna Bell\nkowalska\nThe <anna-kowalska.md>\n"
    )
    anna = "---\nname: Dr. Kowalska, Anna\ncompany: '[[shop]]'\n---\n"
    vault = make_vault({"anna-kowalska": anna, "shop": shop, "jan": others})
    said = run("--vault", vault, "forget", "anna-kowalska", "--dry-run").stdout
    found = re.findall(r"^  customers/(.*)", said[said.index("Look yourself") :], re.MULTILINE)
    assert found == [
        "jan.md:4: Anny Kowalskiej",
        "jan.md:5: A. Kowalska",
        "jan.md:6: Pani Kowalska",
        "jan.md:7: Anna K. came",
        "jan.md:8: Anna of Rowery K",
        "shop.md:5: Anna opens.",
    ]
    assert "+ The <a former customer>" in said
    (vault / "customers" / "ola.md").write_text("---\nname: Ola Kowalska\n---\n")
    said = run("--vault", vault, "forget", "anna-kowalska", "--dry-run").stdout
    assert "Pani Kowalska" not in said[said.index("Look yourself") :]  # who may be Ola
    assert "A. Kowalska" in said


@pytest.fixture
def repository(vault: Path) -> Path:
    """The vault's repository, above it, in which the file was renamed, changed on a branch, and named in a message."""
    top = make_repository(vault.parent)
    customers = vault / "customers"
    (vault.parent / ".gitignore").write_text("home*/\n")
    (customers / "zaneta-kowalska.md").rename(customers / "old-name.md")
    commit(top)
    (customers / "old-name.md").rename(customers / "zaneta-kowalska.md")
    commit(top)
    (customers / "jan.md").write_text("---\nname: Jan Nowak\n---\nNobody.\n")
    git(top, "add", "--all")
    git(top, "commit", "-q", "-m", "Jan: nobody\n\nŻaneta Kowalska: logged call: Talked about the lawsuit")
    git(top, "checkout", "-q", "-b", "other", "HEAD~1")
    with (customers / "zaneta-kowalska.md").open("a") as file:
        file.write("- 2026-11-04 call: On a branch\n")
    commit(top)
    git(top, "checkout", "-q", "main")
    return top


@pytest.mark.usefixtures("repository")
def test_what_git_holds_is_listed(vault: Path, run: Run) -> None:
    said = forget(run, vault)
    found = said[said.index("Git still holds") :]
    assert "Git still holds 4 commits" in found
    assert re.search(r"vault/customers/zaneta-kowalska.md +2 commits", found)
    assert re.search(r"vault/customers/.zaneta-kowalska.md.swo +1 commit", found)
    assert re.search(r"vault/customers/old-name.md +2 commits", found)
    assert re.search(r"vault/customers/jan.md \(names them\) +2 commits", found)
    assert re.search(r"vault/mailings.md \(names them\) +1 commit", found)
    assert re.search(r"messages of commits +1 commit", found)
    assert "vault/customers/trade/piotr.md" not in found


def test_git_is_asked_for_addresses_too(run: Run, make_vault: MakeVault) -> None:
    anna = "---\nname: Anna Ek\naddresses: [Long St 7]\nurls: ['https://ek.example']\n---\n"
    vault = make_vault({"anna": anna, "jan": "---\nname: Jan\n---\nSee ek.example, at Long St 7\n"})
    top = make_repository(vault)
    commit(top)
    (vault / "customers" / "jan.md").write_text("---\nname: Jan\n---\n")
    commit(top)
    said = run("--vault", vault, "forget", "anna", "--yes").stdout
    assert re.search(r"customers/jan.md \(has their address or web page\) +2 commits", said)
    assert "may be others' too" in said


def test_git_is_asked_for_links_of_all_kinds(run: Run, make_vault: MakeVault) -> None:
    others = {
        "wiki": "[[anna]]",
        "inline": "[her](anna.md#x)",
        "angled": "[her](<../customers/anna.md>)",
        "label": "[her][1]\n\n[1]: anna.md",
        "nobody": "Anna, [[annabel]], susanna.md, [Anna](anna.mdx)",
    }
    vault = make_vault(
        {"anna": "---\nname: Anna\n---\n"}
        | {name: f"---\nname: {name}\n---\n{text}\n" for name, text in others.items()}
    )
    top = make_repository(vault)
    commit(top)
    said = run("--vault", vault, "forget", "anna", "--yes").stdout
    assert re.findall(r"customers/(\w+)\.md \(names them\)", said) == ["angled", "inline", "label", "wiki"]
    lines = [line.strip() for line in said.splitlines() if line.strip().startswith("regex:")]
    made = [line.removeprefix("regex:").removesuffix("==>a former customer") for line in lines]
    left = {
        name: functools.reduce(lambda text, one: re.sub(one, "X", text), made, text)
        for name, text in others.items()
    }
    assert left == {
        **others,
        "wiki": "X",
        "inline": "X",
        "angled": "X",
        "label": "[her][1]\n\nX",
    }


def filter_repo() -> str | None:
    return shutil.which("git-filter-repo")


@pytest.mark.skipif(filter_repo() is None, reason="git-filter-repo is not installed")
def test_the_commands_take_it_out(repository: Path, vault: Path, run: Run, tmp_path: Path) -> None:
    said = forget(run, vault)
    lines = said[said.index("  1. ") :].splitlines()
    for number, line in enumerate(lines):
        command = line.strip().removeprefix("1. ").removeprefix("2. ")
        if command.startswith("git -C"):
            option = re.search("--replace-(text|message)", command)
            if option:
                below = [one.strip() for one in lines[number + 1 :] if one.startswith("       ")]
                expressions = "\n".join(
                    below[: next((n for n, one in enumerate(below) if "regex" not in one), None)]
                )
                (tmp_path / f"{option[1]}.txt").write_text(expressions + "\n", encoding="utf-8")
            subprocess.run(
                command.replace("git -C", "git -c user.name=T -c user.email=t@example.org -C"),
                shell=True, check=True, cwd=tmp_path, capture_output=True,
            )  # fmt: skip
    everything = git(
        repository, "log", "--all", "--reflog", "-p", "-m", "--format=%B", "--raw"
    ).stdout.lower()
    assert [one for one in SECRETS if one in everything] == []
    assert "stays" in everything
