"""What the vault and the user's own folders hold of one customer, and the operation after which they do not."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptcrm.errors import RefusedError
from ptcrm.model.change import Change, Delete, Operation, Traces, Write
from ptcrm.model.customer import Customer
from ptcrm.text.source import Source, UndecodableError
from ptcrm.vault import store
from ptcrm.vault.facts import link_key
from ptcrm.vault.forget import Mention, Naming, lines_with, scrubbed
from ptcrm.vault.names import is_debris_of
from ptcrm.vault.schema import read_customer
from ptcrm.vault.traces import Forms, any_of, forms_of, sure_of, traces_of

if TYPE_CHECKING:
    from ptcrm.vault.index import Match
    from ptcrm.workspace import Workspace

_LARGEST = 20_000_000  # bytes of a file that is searched
_LABEL = "forget a customer"


@dataclass(slots=True)
class Held:
    """What the vault's files hold of one customer.

    `own` are the paths of the customer's file, of its copies and of what editors left beside it. `changes` take
    those away and let other files name them no more, which the `named` lines show. `stuck` are lines that cannot
    be changed, `perhaps` those that may mean somebody else, or stand in files that are no notes. `workplace` is
    the path of the customer's company, if that is a customer.
    """

    customer: Customer
    traces: Traces
    sure: Traces
    forms: Forms | None
    workplace: str | None
    own: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    named: list[Mention] = field(default_factory=list)
    stuck: list[Mention] = field(default_factory=list)
    perhaps: list[Mention] = field(default_factory=list)

    @property
    def operation(self) -> Operation:
        """The operation that takes all away; its label names nobody."""
        return Operation(_LABEL, tuple(self.changes))

    def doubtful(self, path: str, text: str) -> list[Mention]:
        """The lines of the text at `path` that may mean the customer, of those that are not known to."""
        parts = [f"(?i:{any_of(self.traces).pattern})"]
        if self.forms:
            parts.append(self.forms.at_work if path == self.workplace else self.forms.anywhere)
        stuck = {(one.path, one.line) for one in self.stuck}
        found = lines_with(path, text, re.compile("|".join(parts), re.MULTILINE))
        return [one for one in found if (one.path, one.line) not in stuck]

    def in_program_file(self, path: str, content: bytes) -> list[Mention]:
        """The file at `path`, if it names the customer: a database or a document has no lines to show."""
        is_named = bool(self.doubtful(path, content.decode(errors="replace")))
        return [Mention(path, 0, "somewhere in this file, which is no text")] if is_named else []


def held_of(workspace: Workspace, match: Match) -> Held:
    """What the vault holds of the customer; raises `RefusedError` if the file cannot be read."""
    customer = workspace.reading(match).customer
    assert customer is not None  # noqa: S101  # `reading` gives customers alone
    others = [one for one in workspace.cache.customers() if one.path != match.path]
    workplace = workspace.index.resolve(link_key(customer.company or "", match.path))
    company = next((traces_of(one) for one in others if one.path == workplace), _in_words(customer.company))
    forms = forms_of(customer, others, company)
    held = Held(customer, traces_of(customer), sure_of(customer, others), forms, workplace)
    _own_files(workspace, held)
    naming = _naming(workspace, held)
    linked = {path for path, *_ in workspace.index.backlinks(match.path)}
    unlinked = {one.path for one in others} - linked
    for path in sorted(store.list_names(workspace.root, hidden=True)):
        if path not in held.own:
            _other_file(workspace, held, naming, path, may_link=path not in unlinked)
    return held


def _in_words(company: str | None) -> Traces | None:
    """What a company is known by that has no file."""
    return Traces((), (company,)) if company else None


def _own_files(workspace: Workspace, held: Held) -> None:
    """The customer's file and what stands beside it under its name."""
    path = held.customer.path
    folder, _, name = path.rpartition("/")
    copies = [copy for copy, of in workspace.listing.strays.copies.items() if of == path]
    stem = name.removesuffix(".md")
    beside = [
        one
        for one in store.list_names(workspace.root, hidden=True)
        if one.rpartition("/")[0] == folder and is_debris_of(one.rpartition("/")[2], stem)
    ]
    for one in dict.fromkeys([path, *sorted(copies), *sorted(beside)]):
        try:
            held.changes.append(Delete(one, store.read_file(workspace.root, one)))
        except OSError as error:
            why = error.strerror or error
            raise RefusedError(f"{one}: it cannot be read ({why}). Nothing was written.") from error
        held.own.append(one)


def _naming(workspace: Workspace, held: Held) -> Naming:
    path, index = held.customer.path, workspace.index

    def means(target: str, at: str) -> bool:
        return index.resolve(link_key(target, at)) in held.own or link_key(target, at) in keys

    keys = {link_key(one.removesuffix(".md"), "") for one in held.own if one != path}
    return Naming(means, any_of(held.sure))


def _other_file(workspace: Workspace, held: Held, naming: Naming, path: str, *, may_link: bool) -> None:
    """Look for the customer in the file at `path`."""
    if any_of(held.traces).search(path.rpartition("/")[2]):
        held.perhaps.append(Mention(path, 0, "the name of the file"))
    with suppress(OSError):
        if store.signature(workspace.root, path).size > _LARGEST:
            return
        content = store.read_file(workspace.root, path)
        if not path.endswith(".md") and b"\0" in content:
            held.perhaps += held.in_program_file(path, content)
            return
        try:
            source = Source.decode(path, content)
        except UndecodableError:
            held.perhaps += held.doubtful(path, content.decode(errors="replace"))
            return
        if naming.sure.search(source.text) or (may_link and ("[[" in source.text or "](" in source.text)):
            _note(workspace, held, naming, source)
        else:
            held.perhaps += held.doubtful(path, source.text)


def _note(workspace: Workspace, held: Held, naming: Naming, source: Source) -> None:
    """Let a text name the customer no more, if it is a note that may be written."""
    path = source.path
    write: Write | None = None
    if path.endswith(".md") and not any(part.startswith(".") for part in path.split("/")):
        write, mentions = scrubbed(read_customer(source, workspace.reader), naming, workspace.reader)
        if write:
            held.changes.append(write)
            held.named += mentions
        else:
            held.stuck += mentions
    held.perhaps += held.doubtful(path, write.new.decode(errors="replace") if write else source.text)
