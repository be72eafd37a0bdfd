"""The settings in docs/editors.md, as editors take them; an editor that is not there is left out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.test_docs import Block, blocks, page

FOUND = """\
customers/anna k.md:3:1: error: a list in brackets does not close [PT003]
customers/łukasz.md:4:7: warning: “golden” is no tier [PT403]
ptcrm.yaml:1:3: note: worth knowing: a colon [PT110]
"""
PLACES = [("customers/anna k.md", 3, 1, "e"), ("customers/łukasz.md", 4, 7, "w"), ("ptcrm.yaml", 1, 3, "n")]

unix = pytest.mark.skipif(os.name == "nt", reason="the command is a shell script here")


def of_page(heading: str, language: str) -> list[str]:
    found = [block.text for block in blocks(page("editors")) if block[:2] == (heading, language)]
    assert found, Block(heading, language, "is not in the page")
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that `FOUND` names, and a `ptcrm` that prints it."""
    (tmp_path / "customers").mkdir()
    for path, *_ in PLACES:
        (tmp_path / path).write_text("---\na\nb\ncccccccccc\n", encoding="utf-8")
    command = tmp_path / "bin" / "ptcrm"
    command.parent.mkdir()
    (tmp_path / "found").write_text(FOUND, encoding="utf-8")
    script = f'#!/bin/sh\n[ "$*" = "check --format gcc" ] && cat "{tmp_path}/found"\necho "2 files checked." >&2\nexit 1\n'
    command.write_text(script, encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_task_of_vs_code_finds_what_is_said() -> None:
    (text,) = of_page("VS Code", "json")
    task = json.loads(text)["tasks"][0]
    assert task["command"] == "ptcrm check --format gcc"
    pattern = task["problemMatcher"]["pattern"]
    found = [re.fullmatch(pattern["regexp"], line) for line in FOUND.splitlines()]
    places = [
        (one[pattern["file"]], int(one[pattern["line"]]), int(one[pattern["column"]])) for one in found if one
    ]
    assert places == [place[:3] for place in PLACES]
    assert [one[pattern["severity"]][0] for one in found if one] == [place[3] for place in PLACES]


@unix
@pytest.mark.skipif(shutil.which("vim") is None, reason="Vim is not there")
def test_vim_finds_what_is_said(folder: Path) -> None:
    (settings,) = of_page("Vim", "vim")
    (folder / "vimrc").write_text(settings, encoding="utf-8")
    (folder / "script").write_text(
        "silent make\n"
        "let found = map(getqflist(), '[bufname(v:val.bufnr), v:val.lnum, v:val.col, v:val.type]')\n"
        "call writefile([json_encode(found)], 'list')\n"
        "qall!\n"
    )
    call = ["vim", "-u", "vimrc", "-N", "-i", "NONE", "-es", "-S", "script"]
    subprocess.run(call, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60, check=False)
    assert [tuple(one) for one in json.loads((folder / "list").read_text(encoding="utf-8"))] == PLACES


@unix
@pytest.mark.skipif(shutil.which("vim") is None, reason="Vim is not there")
def test_vim_reads_again_what_was_changed(folder: Path) -> None:
    (settings,) = of_page("Vim", "vim")
    (folder / "vimrc").write_text(settings, encoding="utf-8")
    (folder / "script").write_text(
        "edit ptcrm.yaml\n"
        "call system('echo changed by ptcrm > new && mv new ptcrm.yaml')\n"
        "checktime\n"
        "call writefile(getline(1, '$'), 'seen')\n"
        "qall!\n"
    )
    call = ["vim", "-u", "vimrc", "-N", "-i", "NONE", "-es", "-S", "script"]
    subprocess.run(call, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60, check=False)
    assert (folder / "seen").read_text() == "changed by ptcrm\n"


@unix
@pytest.mark.skipif(shutil.which("emacs") is None, reason="Emacs is not there")
def test_emacs_finds_what_is_said(folder: Path) -> None:
    locals_, init = of_page("Emacs", "elisp")
    (folder / ".dir-locals.el").write_text(locals_, encoding="utf-8")
    (folder / "script.el").write_text(
        f"""{init}
        (let ((folder default-directory))
          (find-file "customers/łukasz.md")
          (setq default-directory folder)
          (compile compile-command)
          (while (get-buffer-process "*compilation*") (accept-process-output nil 0.1))
          (dotimes (_ 2)
            (next-error)
            (with-current-buffer (window-buffer)
              (princ (format "%s:%d:%d\\n" (file-relative-name buffer-file-name folder)
                (line-number-at-pos (window-point)) (1+ (- (window-point) (line-beginning-position))))))))
        """,
        encoding="utf-8",
    )
    call = ["emacs", "--batch", "-Q", "--eval", "(setq enable-local-variables :safe)", "-l", "script.el"]
    done = subprocess.run(call, capture_output=True, encoding="utf-8", timeout=60, check=True)
    assert done.stdout.splitlines() == ["customers/anna k.md:3:1", "customers/łukasz.md:4:7"]
