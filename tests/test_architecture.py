"""The layers of docs/architecture.md: a module imports only lower layers or its own package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "ptcrm"

# Each part and its layer. Parts of one layer do not import each other.
LAYERS = {
    "errors": 0,
    "text": 0,
    "model": 1,
    "query": 2,
    "vault": 3,
    "schedule": 4,
    "checks": 5,
    "formats": 5,
    "reports": 5,
    "git": 5,
    "workspace": 6,
    "views": 7,
    "start": 8,
    "driver": 8,
    "server": 8,
    "cli": 9,
    "handler": 9,
}
ANYBODY = {"errors"}  # imports nothing, so that everybody may import it

# Where files, processes and the network may be touched, and where the clock may be read.
DOES_IO = {
    "vault/store",
    "vault/applying",
    "vault/journal",
    "vault/replace",
    "vault/cache",
    "vault/cache_file",
    "vault/erasing",
    "vault/scan",
    "vault/answers",
    "vault/places",
    "vault/watch",
    "git/repo",
    "workspace/opened",
}
IO_LAYERS = {"server", "start", "driver", "cli"}
IO_NAMES = {"open", "input", "print"}
IO_MODULES = {"os", "sqlite3", "subprocess", "socket", "shutil", "tempfile", "pathlib"}
PURE_PATHS = {"PurePosixPath", "PurePath"}
CLOCKS = {"now", "today", "utcnow", "time_ns", "monotonic", "localtime"}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem in LAYERS)


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Every imported (module, name), also those inside functions and type-checking blocks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def upward(path: Path, tree: ast.AST) -> list[str]:
    """The imports of the module at `path` that do not lead to a lower layer or its own package."""
    part = part_of(path)
    wrong = []
    for module, _ in imports(tree):
        other = module.removeprefix("ptcrm.").partition(".")[0]
        if not module.startswith("ptcrm.") or other == part or other in ANYBODY:
            continue
        if LAYERS[other] >= LAYERS[part]:
            wrong.append(f"{path.relative_to(PACKAGE)} imports {module}")
    return wrong


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_lead_downward(path: Path) -> None:
    assert upward(path, ast.parse(path.read_text(encoding="utf-8"))) == []


def test_an_upward_import_is_noticed() -> None:
    assert upward(PACKAGE / "text" / "fold.py", ast.parse("from ptcrm.model.dates import later")) != []
    assert upward(PACKAGE / "formats" / "ics.py", ast.parse("import ptcrm.checks")) != []


def test_every_part_has_a_layer() -> None:
    parts = {part_of(path) for path in PACKAGE.rglob("*.py")} - {"__init__", "__main__"}
    assert parts <= LAYERS.keys()


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_touched_only_where_the_plan_says(path: Path) -> None:
    place = path.relative_to(PACKAGE).with_suffix("").as_posix()
    if place in DOES_IO or part_of(path) in IO_LAYERS:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    used = {module for module, name in imports(_without_type_checking(tree)) if name not in PURE_PATHS}
    assert not calls & IO_NAMES
    assert not used & IO_MODULES


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_workspace_reads_the_clock(path: Path) -> None:
    if part_of(path) == "workspace":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else ""
            assert not (node.func.attr in CLOCKS and name in ("date", "datetime", "time")), ast.unparse(node)


def _without_type_checking(tree: ast.Module) -> ast.Module:
    kept = [
        node
        for node in tree.body
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]
    return ast.Module(kept, [])
