"""The draft of a message to one customer: a template filled in with what the vault knows, and what to think of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from ptcrm.errors import NotFoundError, PtcrmError
from ptcrm.model.customer import Customer
from ptcrm.model.dates import NEVER
from ptcrm.schedule.channel import avoided, needs
from ptcrm.text.jinja import Filled, filled, names_in
from ptcrm.text.near import suggest
from ptcrm.text.safe import for_terminal, for_value
from ptcrm.vault.log import plain_text
from ptcrm.vault.template import KNOWN, Template
from ptcrm.vault.templates import FOLDER, best, named, parts_of, variants
from ptcrm.views.brief import Brief, brief, occasion_words, said_words
from ptcrm.views.draft_values import bought, values_for
from ptcrm.views.library import item_named
from ptcrm.views.sharing import Sharing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ptcrm.model.config import Config
    from ptcrm.model.diagnostic import Diagnostic
    from ptcrm.text.jinja_tree import Mistake
    from ptcrm.vault.index import Match
    from ptcrm.workspace import Workspace

_GAPS, _ENDS = re.compile(r"\n{3,}"), re.compile(r"[ \t]+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Message:
    """A template filled in for one customer. `to` is the first e-mail address.

    `gaps` are the values that are missing, `warnings` speak against sending it, `mention` is what to think of
    while writing: for what is written by hand, all that may be worth a word.
    """

    template: Template
    customer: Customer
    to: str | None
    subject: str
    text: str
    gaps: tuple[str, ...]
    warnings: tuple[str, ...]
    mention: tuple[str, ...]


def is_template(workspace: Workspace, words: str) -> bool:
    """Whether `words` name a template, in whatever language."""
    return named(_parted(words)[0], variants(workspace.templates())) is not None


def template_names(workspace: Workspace) -> list[str]:
    """The names of the vault's templates."""
    return sorted(variants(workspace.templates()))


def _parted(words: str) -> tuple[str, str]:
    """The name and the language that are typed: `thank-you.pl.md` is `thank-you` and `pl`."""
    return parts_of(f"{words.removeprefix(FOLDER).removesuffix('.md')}.md")


def template_for(workspace: Workspace, words: str, spoken: str | None) -> Template:
    """The template that `words` name, in the language that is `spoken`, else in the vault's, else in none.

    `thank-you.pl` and `thank-you.md` name one file. Raises `NotFoundError` if there is none, `PtcrmError` with
    the places of what is wrong with it.
    """
    found = variants(workspace.templates())
    name, language = _parted(words)
    files = found.get(named(name, found) or "")
    if files is None:
        none = "There are none yet: `ptcrm init --templates` writes some."
        hint = suggest(name, found) or (f"Known are: {', '.join(found)}." if found else none)
        raise NotFoundError(f"{FOLDER}{name}.md: there is no such template. {hint}")
    is_one_file = language or words.endswith(".md")
    path = files.get(language) if is_one_file else best(files, spoken or "", workspace.config.language or "")
    if path is None:
        known = ", ".join(one.removeprefix(FOLDER).removesuffix(".md") for one in files.values())
        raise NotFoundError(f"The template {name} is not there in this language. There is: {known}.")
    template, wrong = workspace.template(path)
    if template is None:
        raise PtcrmError("\n".join(_placed(path, one) for one in wrong))
    return template


def _placed(path: str, one: Diagnostic | Mistake) -> str:
    return f"{path}:{one.line}:{one.column}: {one.message}. {one.hint}".rstrip()


def message(
    workspace: Workspace, match: Match, template: Template, occasion: str | None, item: str | None
) -> Message:
    """The template filled in for a customer.

    `occasion` and `item` are names, as typed. Raises `NotFoundError` for one that is not there, `PtcrmError` with
    the place of a mistake in the template, `RefusedError` for a customer's file that can no longer be read.
    """
    found = brief(workspace, match)
    about = None if item is None else item_named(workspace, item)
    values = values_for(workspace, found, template.language, occasion, about)
    warnings = [*_warnings(found, template, workspace.config)]
    if about and (why := Sharing(workspace).flaw(about, found.customer)):
        warnings.append(f"“{about.title}”: {why}.")
    warnings += _idle(template, {"item": item, "occasion": occasion})
    parts = [_filled(template, part, values) for part in (template.subject, template.body)]
    return Message(
        template,
        found.customer,
        next(iter(found.customer.emails), None),
        for_value(parts[0].text),
        for_terminal(_GAPS.sub("\n\n", _ENDS.sub("", parts[1].text)).strip("\n")) + "\n",
        tuple(dict.fromkeys(gap for part in parts for gap in part.gaps)),
        tuple(warnings),
        tuple(_mention(found, workspace.today, by_hand=is_by_hand(template))),
    )


def is_by_hand(template: Template) -> bool:
    """Whether it goes by post, and so is written by hand."""
    return needs(template.channel) == "address"


def _filled(template: Template, text: str, values: dict[str, object]) -> Filled:
    found = filled(text, KNOWN, values, template.language)
    if isinstance(found, Filled):
        return found
    raise PtcrmError(_placed(template.path, found))


# What to think of


def _warnings(found: Brief, template: Template, config: Config) -> Iterator[str]:
    """What speaks against this message, in sentences."""
    one, channel = found.customer, template.channel
    yield from found.warnings
    status = config.statuses.get(one.status)
    if status and status.cadence == NEVER and one.status != "former":
        yield f"{one.name} is {one.status}."
    if channel in avoided(one, config):
        yield f"{one.name} avoids {channel}."
    if needs(channel) == "e-mail address" and not one.emails:
        yield f"{one.name} has no e-mail address."


def _idle(template: Template, given: dict[str, str | None]) -> Iterator[str]:
    """What was given by an option and stands nowhere, since the template does not ask for it."""
    asked = names_in(template.subject, KNOWN) | names_in(template.body, KNOWN)
    for name, words in given.items():
        if words is not None and name not in asked:
            yield f"{template.path} asks for no {name}, so --{name} changes nothing."


def _mention(found: Brief, today: date, *, by_hand: bool) -> Iterator[str]:
    """What to think of, the norms first; only they, if it is not written by hand."""
    one = found.customer
    if one.norms:
        yield f"Norms: {one.norms}"
    if not by_hand:
        return
    yield from (f"Last: {said_words(said, today)}" for said in found.said)
    if found.family:
        yield f"Family: {', '.join(found.family)}"
    yield from (f"Bought: {sale.date} {plain_text(sale.text)}" for sale in bought(one))
    if one.interests:
        yield f"Likes: {', '.join(one.interests)}"
    yield from (f"Coming: {occasion_words(day, today)}" for day in islice(found.occasions, 3))


def message_row(one: Message) -> dict[str, object]:
    """The draft as an object (the JSON of `draft`; docs/json.md)."""
    return {
        "customer": one.customer.id,
        "name": one.customer.name,
        "template": one.template.name,
        "path": one.template.path,
        "language": one.template.language or None,
        "channel": one.template.channel,
        "to": one.to,
        "subject": one.subject or None,
        "text": one.text,
        "missing": list(one.gaps),
        "warnings": list(one.warnings),
        "mention": list(one.mention),
    }


@dataclass(frozen=True, slots=True)
class Listed:
    """A template by name: how it goes out (None if nothing can be made of it), and its files with their languages."""

    name: str
    channel: str | None
    files: tuple[tuple[str, str], ...]


def listed(workspace: Workspace) -> Iterator[Listed]:
    """The templates of the vault, by name."""
    for name, files in sorted(variants(workspace.templates()).items()):
        read = {path: workspace.template(path)[0] for path in sorted(files.values())}
        languages = {path: one.language if one else parts_of(path)[1] for path, one in read.items()}
        channel = next((one.channel for one in read.values() if one), None)
        yield Listed(name, channel, tuple(languages.items()))


def listed_row(one: Listed) -> dict[str, object]:
    """A template as an object (the JSON of `draft --list`; docs/json.md)."""
    files = [{"path": path, "language": language or None} for path, language in one.files]
    return {"name": one.name, "channel": one.channel, "files": files}
