"""A vault from elsewhere may have git start programs. ptcrm's commands start none of them; plain git starts each.

Each trap is laid twice: once for git, which must walk into it (so that the trap is one), and once for ptcrm.
"""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest

from ptcrm.cli import COMMANDS
from ptcrm.git import repo as repo_module
from ptcrm.git.repo import GitError
from tests.conftest import DAY, Run
from tests.repos import commit, git, make_repository

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the canaries are shell scripts")

ANNA = "---\nname: Anna\n---\n\n## Log\n\n- 2026-11-02 call: Frames\n"
OURS, THEIRS = ANNA + "- 2026-11-10 visit: Ours\n", ANNA + "- 2026-11-11 email: Theirs\n"
FILE = Path("customers", "anna.md")

# Every command that calls git, as it is used; a new one has to be added, says a test below.
CALLS: dict[str, list[list[str]]] = {
    "check": [["check"], ["check", "--staged"]],
    "history": [["history", "anna"]],
    "blame": [["blame", "anna"]],
    "diff": [["diff"], ["diff", "HEAD~1"]],
    "show": [["show", "anna", "--as-of", "2026-11-22"]],
    "sync": [["sync"], ["sync"]],
    "conflicts": [["conflicts"], ["conflicts", "--merge"]],
    "restore": [["restore", "anna", "--as-of", "2026-11-22"]],
    "init": [["init", "new"]],
    "export": [["export", "subject", "anna"]],
    "forget": [["forget", "anna", "--dry-run"], ["forget", "anna", "--yes"]],
    "git": [["git", "setup"], ["git", "remove"], ["git", "setup", "--init"]],
}
_CALLS_GIT = re.compile(r"ptcrm\.git\b|ptcrm\.cli\.(git_setup|staged|conflicts)")


class World(NamedTuple):
    """A vault with a remote that has gone on, and a program that must not run."""

    vault: Path
    remote: Path
    canary: Path
    fired: Path
    server: str

    def config(self, key: str, value: str) -> None:
        git(self.vault, "config", "--add", key, value)

    def named(self, attribute: str) -> None:
        """Say in .gitattributes that the Markdown files have the attribute."""
        (self.vault / ".gitattributes").write_text(f"*.md {attribute}\n")

    def hook(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(self.canary)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vault in a clone that is behind, and has changes of its own: committed, staged and neither."""
    top = tmp_path_factory.mktemp("world")
    git(top, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    vault, other = make_repository(top / "vault"), top / "other"
    (vault / "customers").mkdir()
    (vault / "ptcrm.yaml").write_text("start: 2021-01-01\n")
    (vault / FILE).write_text(ANNA)
    commit(vault)
    (vault / "customers" / "jan.md").write_text("---\nname: Jan\n---\n")
    commit(vault)
    git(vault, "push", "--quiet", str(top / "remote.git"), "main")
    git(top, "clone", "--quiet", "remote.git", "other")
    (other / FILE).write_text(THEIRS)
    commit(other)
    git(other, "push", "--quiet")
    (vault / FILE).write_text(OURS)
    commit(vault)
    (vault / "customers" / "eva.md").write_text("---\nname: Eva\n---\n")
    git(vault, "add", "--all")
    (vault / "customers" / "jan.md").write_text("---\nname: Jan Nowak\n---\n")
    (vault / "customers" / "jan 2.md").write_text("---\nname: Jan\nrole: owner\n---\n")
    shutil.rmtree(other)
    return top


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that wants a password."""

    class Closed(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Closed) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{listening.server_port}"
        listening.shutdown()


@pytest.fixture
def world(template: Path, tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> World:
    shutil.copytree(template / "vault", tmp_path / "vault", symlinks=True)
    shutil.copytree(template / "remote.git", tmp_path / "remote.git", symlinks=True)
    canary, fired = tmp_path / "canary", tmp_path / "fired"
    canary.write_text(f"#!/bin/sh\ntouch '{fired}'\nexit 1\n")
    canary.chmod(0o755)
    vault = tmp_path / "vault"
    git(vault, "remote", "add", "origin", str(tmp_path / "remote.git"))
    git(vault, "config", "branch.main.remote", "origin")
    git(vault, "config", "branch.main.merge", "refs/heads/main")
    git(vault, "config", "user.name", "Marta")
    git(vault, "config", "user.email", "marta@shop.example")
    monkeypatch.chdir(vault)
    return World(vault, tmp_path / "remote.git", canary, fired, server)


# The traps: what lays each, and the calls of plain git that walk into it

Lay = Callable[[World], None]


class Trap(NamedTuple):
    lay: Lay
    calls: tuple[str, ...]


def setting(*pairs: tuple[str, str], attribute: str = "") -> Lay:
    """Lay a trap in .git/config; `{}` stands for the canary."""

    def lay(world: World) -> None:
        for key, value in pairs:
            world.config(key, value.format(world.canary))
        if attribute:
            world.named(attribute)

    return lay


def url(address: str, *pairs: tuple[str, str]) -> Lay:
    """Have the remote be at another address; `{0}` stands for the canary, `{1}` for the server."""

    def lay(world: World) -> None:
        git(world.vault, "config", "remote.origin.url", address.format(world.canary, world.server))
        setting(*pairs)(world)

    return lay


def hook(name: str) -> Lay:
    return lambda world: world.hook(world.vault / ".git" / "hooks", name)


def hooks_path(world: World) -> None:
    world.config("core.hooksPath", ".githooks")
    for name in ("pre-commit", "post-index-change", "reference-transaction", "pre-push", "post-merge"):
        world.hook(world.vault / ".githooks", name)


def included(key: str) -> Lay:
    def lay(world: World) -> None:
        (world.vault / "more").write_text(f"[core]\n\tfsmonitor = {world.canary}\n")
        world.config(key, str(world.vault / "more"))

    return lay


def of_one_tree(world: World) -> None:
    world.config("extensions.worktreeConfig", "true")
    git(world.vault, "config", "--worktree", "core.fsmonitor", str(world.canary))


def alternates(world: World) -> None:
    place = world.vault / ".git" / "objects" / "info" / "alternates"
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"{world.remote / 'objects'}\n")
    world.config("core.alternateRefsCommand", str(world.canary))


def missing_blob(world: World) -> None:
    """An object that git would fetch when it is asked for, by a program."""
    blob = git(world.vault, "rev-parse", f"HEAD~1:{FILE.as_posix()}").stdout.strip()
    (world.vault / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    for key, value in (
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", str(world.canary)),
    ):
        git(world.vault, "config", key, value)


def submodule(world: World) -> None:
    """A repository inside, with a program that updates it."""
    (world.vault / ".gitmodules").write_text('[submodule "sub"]\n\tpath = sub\n\turl = ../remote.git\n')
    head = git(world.remote, "rev-parse", "main").stdout.strip()
    git(world.vault, "update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    git(world.vault, "add", ".gitmodules")
    world.config("submodule.sub.url", str(world.remote))
    world.config("submodule.sub.active", "true")
    world.config("submodule.sub.update", f"!{world.canary}")


def remote_inside(relative: str) -> Lay:
    """A remote that came with the vault, with hooks of its own."""

    def lay(world: World) -> None:
        place = world.vault / relative
        if not place.exists():
            shutil.copytree(world.remote, place)
            (world.vault / ".git" / "info" / "exclude").write_text(f"/{relative}/\n")
        git(world.vault, "config", "remote.origin.url", relative)
        for name in ("pre-receive", "update", "post-receive", "post-update", "reference-transaction"):
            world.hook(place / "hooks", name)

    return lay


MERGING = ("fetch origin", "merge origin/main -m x")
PUSHING = ("stash -u", "fetch origin", "merge -X ours origin/main -m x", "push origin main")
TRAPS = {
    **{
        name: Trap(hook(name), ("commit -m x",))
        for name in ("pre-commit", "prepare-commit-msg", "commit-msg")
    },
    **{name: Trap(hook(name), ("commit -m x",)) for name in ("post-commit", "reference-transaction")},
    "post-index-change": Trap(hook("post-index-change"), ("add --all",)),
    "post-checkout": Trap(hook("post-checkout"), ("checkout -b more",)),
    "post-merge": Trap(hook("post-merge"), PUSHING[:-1]),
    "pre-push": Trap(hook("pre-push"), ("push origin main",)),
    "core.hooksPath": Trap(hooks_path, ("commit -m x",)),
    "core.fsmonitor": Trap(setting(("core.fsmonitor", "{}")), ("status",)),
    "include.path": Trap(included("include.path"), ("status",)),
    "includeIf": Trap(included("includeIf.gitdir:**.path"), ("status",)),
    "config.worktree": Trap(of_one_tree, ("status",)),
    "filter clean": Trap(setting(("filter.evil.clean", "{}"), attribute="filter=evil"), ("add --all",)),
    "filter smudge": Trap(
        setting(("filter.evil.smudge", "{}"), attribute="filter=evil"), ("checkout HEAD~2 -- customers",)
    ),
    "filter process": Trap(setting(("filter.evil.process", "{}"), attribute="filter=evil"), ("add --all",)),
    "diff textconv": Trap(setting(("diff.evil.textconv", "{}"), attribute="diff=evil"), ("diff",)),
    "diff command": Trap(setting(("diff.evil.command", "{}"), attribute="diff=evil"), ("diff",)),
    "diff.external": Trap(setting(("diff.external", "{}")), ("diff",)),
    "merge driver": Trap(
        setting(("merge.evil.driver", "{} %A"), attribute="merge=evil"), ("stash", *MERGING)
    ),
    "merge driver of ours": Trap(
        setting(("merge.ptcrm.driver", "{} %A"), attribute="merge=ptcrm"), ("stash", *MERGING)
    ),
    "merge.default": Trap(
        setting(("merge.evil.driver", "{} %A"), ("merge.default", "evil")), ("stash", *MERGING)
    ),
    "gpg.program": Trap(
        setting(("gpg.program", "{}"), ("commit.gpgSign", "true"), ("user.signingKey", "x")), ("commit -m x",)
    ),
    "gpg.ssh.program": Trap(
        setting(
            ("gpg.format", "ssh"),
            ("gpg.ssh.program", "{}"),
            ("commit.gpgSign", "true"),
            ("user.signingKey", "key::ssh-ed25519 x"),
        ),
        ("commit -m x",),
    ),
    "core.editor": Trap(setting(("core.editor", "{}")), ("commit",)),
    "alias": Trap(setting(("alias.evil", "!{}"), ("alias.status", "!{}"), ("alias.sync", "!{}")), ("evil",)),
    "core.sshCommand": Trap(url("ssh://nowhere.invalid/x", ("core.sshCommand", "{}")), ("fetch origin",)),
    "core.gitProxy": Trap(url("git://nowhere.invalid/x", ("core.gitProxy", "{}")), ("fetch origin",)),
    "core.askPass": Trap(url("http://{1}/x", ("core.askPass", "{}")), ("fetch origin",)),
    "credential.helper": Trap(url("http://{1}/x", ("credential.helper", "!{}")), ("fetch origin",)),
    "credential.helper by path": Trap(url("http://{1}/x", ("credential.helper", "{}")), ("fetch origin",)),
    "credential.URL.helper": Trap(
        url("http://{1}/x", ("credential.http://127.0.0.1.helper", "!{}"), ("credential.helper", "!{}")),
        ("fetch origin",),
    ),
    "remote.uploadpack": Trap(setting(("remote.origin.uploadpack", "{}")), ("fetch origin",)),
    "remote.receivepack": Trap(setting(("remote.origin.receivepack", "{}")), ("push origin main",)),
    "ext": Trap(url("ext::{0}", ("protocol.ext.allow", "always")), ("fetch origin",)),
    "ext by protocol.allow": Trap(url("ext::{0}", ("protocol.allow", "always")), ("fetch origin",)),
    "ext by insteadOf": Trap(
        url("nice:{0}", ("url.ext::.insteadOf", "nice:"), ("protocol.ext.allow", "always")), ("fetch origin",)
    ),
    "ext by pushInsteadOf": Trap(
        setting(("remote.origin.pushurl", "ext::{}"), ("protocol.ext.allow", "always")), ("push origin main",)
    ),
    "core.alternateRefsCommand": Trap(alternates, ("fetch origin",)),
    "lazy fetch": Trap(missing_blob, ("cat-file -p HEAD~1:customers/anna.md",)),
    "submodule": Trap(submodule, ("-c protocol.file.allow=always submodule update",)),
    "remote inside": Trap(remote_inside("remote"), PUSHING),
    "remote beside": Trap(remote_inside("../remote.git"), PUSHING),
}
traps = pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)


@traps
def test_plain_git_walks_into_the_trap(trap: Trap, world: World) -> None:
    trap.lay(world)
    for call in trap.calls:
        git(world.vault, *call.split(), code=None)
    assert world.fired.exists()


@traps
def test_no_command_walks_into_the_trap(trap: Trap, world: World, run: Run) -> None:
    trap.lay(world)
    walked = []
    for name, calls in CALLS.items():
        for call in calls if name in COMMANDS and takes(name, calls) else ():
            run("--today", DAY, *call)
            if world.fired.exists():
                walked.append(call)
                world.fired.unlink()
    assert walked == []


def takes(name: str, calls: list[list[str]]) -> bool:
    """Whether the command has the option that has it call git."""
    words = [word for call in calls for word in call if word.startswith("--")]
    command = getattr(import_module(f"ptcrm.cli.{COMMANDS[name]}"), f"{name}_command")
    known = {one for param in command.params for one in param.opts}
    return name != "show" or known.issuperset(words)


def test_every_command_that_calls_git_is_tried() -> None:
    def calls_git(module: str) -> bool:
        return bool(_CALLS_GIT.search(inspect.getsource(import_module(f"ptcrm.cli.{module}"))))

    found = {name for name, module in COMMANDS.items() if calls_git(module)}
    assert found - CALLS.keys() - {"edit", "add"} == set()  # these share a module with `init`
    assert {"check", "conflicts", "git", "init"} <= found


@pytest.mark.skipif(shutil.which("script") is None, reason="there is no terminal to be had")
def test_nothing_is_paged(world: World) -> None:
    """At a terminal git shows what is long by a program of the configuration's."""
    world.config("core.pager", str(world.canary))

    def at_a_terminal(*line: str) -> None:
        words = " ".join(f"'{word}'" for word in line)
        env = {**os.environ, "TERM": "xterm"}
        subprocess.run(
            ["script", "-qec", words, "/dev/null"],
            stdin=subprocess.DEVNULL,
            env=env,
            capture_output=True,
            check=False,
        )

    at_a_terminal("git", "log")
    assert world.fired.exists()
    world.fired.unlink()
    for name, calls in CALLS.items():
        for call in calls if name in COMMANDS and takes(name, calls) else ():
            at_a_terminal(sys.executable, "-m", "ptcrm", "--no-pager", "--today", DAY, *call)
    assert not world.fired.exists()


# What git is told


def test_every_call_of_git_is_told_not_to_ask(
    world: World, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = tmp_path / "heard"
    real = shutil.which("git")
    listener = tmp_path / "bin" / "git"
    listener.parent.mkdir()
    listener.write_text(
        f"#!/bin/sh\necho \"$GIT_TERMINAL_PROMPT $SSH_ASKPASS_REQUIRE $GIT_EDITOR $*\" >> '{heard}'\nexec '{real}' \"$@\"\n"
    )
    listener.chmod(0o755)
    world.named("merge=ptcrm")
    monkeypatch.setenv("PATH", f"{listener.parent}{os.pathsep}{os.environ['PATH']}")
    repo_module.git.cache_clear()
    for name, calls in CALLS.items():
        for call in calls if name in COMMANDS and takes(name, calls) else ():
            heard.unlink(missing_ok=True)
            run("--today", DAY, *call)
            lines = heard.read_text().splitlines() if heard.exists() else []
            assert lines or call[0] in ("init", "show"), call
            for line in lines:
                if (
                    "--git-dir" not in line and " -c " in line
                ):  # what git starts of its own is told by its environment
                    assert "core.fsmonitor=false" in line
                    assert "core.hooksPath=/dev/null" in line
                    assert "--no-pager" in line
                assert line.startswith("0 never : "), line
    repo_module.git.cache_clear()


def test_another_users_repository_is_named_with_what_to_do(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    result = run("git", "setup")
    assert result.exit_code == 1
    assert "belongs to another user" in result.stderr
    assert f"git config --global --add safe.directory {world.vault}" in result.stderr
    world.named("merge=ptcrm")
    checked = run("check")
    assert (checked.exit_code, "belongs to another user" in checked.stderr) == (0, True)


def test_git_that_is_too_old_is_named(
    world: World, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.which("git")
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text(
        f"#!/bin/sh\nfor word; do last=$word; done\n"
        f'test "$last" = version && {{ echo git version 2.20.1; exit; }}\nexec \'{real}\' "$@"\n'
    )
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}{os.pathsep}{os.environ['PATH']}")
    repo_module.git.cache_clear()
    with pytest.raises(GitError, match=r"git version 2\.20\.1; ptcrm needs git 2\.26 or newer"):
        repo_module.find(world.vault)
    result = run("git", "setup")
    repo_module.git.cache_clear()
    assert (result.exit_code, "2.20.1" in result.stderr) == (1, True)
