"""The page of one customer: what to know before a call, what is open, the notes, what happened, why what is planned when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from ptcrm.formats.page import as_html
from ptcrm.model.dates import ago, long_day
from ptcrm.model.diagnostic import Severity
from ptcrm.schedule.why import changes, sentences, standing_sentence
from ptcrm.server.pages.page import Page, Verbatim, customer_address, editor_link
from ptcrm.server.pages.rows import begin, day_words, match_of
from ptcrm.text.edits import Edit, apply_edits
from ptcrm.text.markdown import outline, show_links, whole_links
from ptcrm.text.safe import for_terminal
from ptcrm.text.source import Span, digest
from ptcrm.vault.facts import link_key
from ptcrm.vault.log import follow_up_words
from ptcrm.vault.notes import notes
from ptcrm.views.brief import brief, part_words
from ptcrm.views.customer import given_fields, history, links
from ptcrm.views.playbook import named_steps, planned_days, step_what, step_words
from ptcrm.views.today import what, yearly_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ptcrm.model.customer import Customer
    from ptcrm.model.occurrence import Occurrence
    from ptcrm.schedule.playbooks import Run
    from ptcrm.schedule.why import Case
    from ptcrm.server.pages.page import Asked
    from ptcrm.workspace import Workspace

_PUNCTUATION = re.compile(
    r"[!-/:-@\[-`{-~]"
)  # which means something in Markdown, unless a backslash is before it
_LOG_SHOWN, _LOG_MOST = 20, 1000
_ABOVE = frozenset(
    ("name", "status", "tier", "company", "role", "phones", "emails", "urls", "norms", "interests", "family")
)
_NOT_BRIEFED = frozenset(("About", "Last", "Promised", "Next"))  # which stand on the page in full


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere, if there is an address; `about` says more."""

    words: str
    to: str | None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """A follow-up or a playbook's step that waits: its day in words, what it is, and how `done` names it."""

    day: str
    what: str
    about: str
    kind: str
    done: str


@dataclass(frozen=True, slots=True)
class Why:
    """Something planned, on its day, with the sentences that explain it, and the places in the files."""

    day: str
    what: str
    sentences: tuple[str, ...]
    places: tuple[str, ...]


def customer_page(workspace: Workspace, asked: Asked) -> Page:
    """All about one customer; the newest log entries, or a thousand with `all`."""
    match = match_of(workspace, asked.path["id"])
    reading, found, today = workspace.reading(match), brief(workspace, match), workspace.today
    customer, source = reading.customer, reading.document.source
    assert customer is not None  # noqa: S101  # `reading` gives customers alone
    plan, case = workspace.plan_of(match.path)
    lines, most = history(customer), _LOG_MOST if asked.query.get("all") else _LOG_SHOWN
    runs = workspace.runs_of(match.path)
    return Page(
        "customer.html",
        {
            "match": match,
            "customer": customer,
            "company": found.company,
            "there": found.there,
            "warnings": found.warnings,
            "state": case.standing.state(today),
            "standing": standing_sentence(case),
            "reach": list(_reach(customer)),
            "parts": [
                (label, items)
                for label, items in part_words(found, today)
                if any(items) and label not in _NOT_BRIEFED
            ],
            "seen": digest(source.content),
            "begin": begin(workspace, found.coming),
            "open": [*_follow_ups(customer, today), *_steps(runs, plan, today)],
            "notes": Markup(for_terminal(_notes(workspace, notes(reading.document, customer), match.path))),  # noqa: S704  # cleaned
            "log": [(one.date, ago(one.date, today), one.words) for one in lines[:most]],
            "more": len(lines) - most,
            "is_all": most == _LOG_MOST,
            "plan": [_why(one, case) for one in plan],
            "fields": [
                (name.replace("_", " "), words)
                for name, words in given_fields(customer)
                if name not in _ABOVE
            ],
            "problems": [one for one in reading.diagnostics if one.severity is not Severity.INFO],
            "links": list(_links(workspace, customer)),
            "backlinks": list(_backlinks(workspace, match.path)),
            "editor": editor_link(workspace, asked.front, match.path),
            "file": str(workspace.root / match.path),
        },
    )


def _reach(customer: Customer) -> Iterator[Link]:
    """How to reach the customer: addresses that a browser hands to a telephone, a mail program, or opens."""
    for number in customer.phones:
        yield Link(number, f"tel:{re.sub('[^0-9+]', '', number)}")
    for one in customer.emails:
        yield Link(one, f"mailto:{quote(one, safe='@')}")
    for one in customer.urls:
        yield Link(one, one if _is_web(one) else None)


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _notes(workspace: Workspace, prose: str, path: str) -> str:
    """The notes as HTML that is clean; `[[links]]` to customers lead to their pages, by their names."""
    edits = []
    for target, span in whole_links(prose, Span(0, len(prose)), outline(prose, 0).code):
        found = workspace.index.resolve(link_key(target, path))
        if other := workspace.cache.customer(found) if found else None:
            shown = show_links(span.of(prose))
            words = other.name if shown == target else shown
            edits.append(Edit(span, f"[{_PUNCTUATION.sub(_escaped, words)}]({customer_address(other.id)})"))
    return as_html(show_links(apply_edits(prose, edits)))


def _escaped(sign: re.Match[str]) -> str:
    return f"\\{sign[0]}"


def _follow_ups(customer: Customer, today: date) -> Iterator[Open]:
    for one in customer.open_follow_ups:
        every = f"repeats: {one.every.every}" if one.every else ""
        at = f" {one.at:%H:%M}" if one.at else ""
        kind = "feedback" if one.channel == "feedback" else "follow-up"
        yield Open(
            f"{day_words(one.due, today)}{at}", follow_up_words(one), every, kind, Verbatim(one.origin)
        )


def _steps(runs: list[Run], plan: list[Occurrence], today: date) -> Iterator[Open]:
    planned = planned_days(plan)
    for one in named_steps(runs):
        if one.step.state == "open":
            why = f"{one.key}: {step_words(one.step, planned.get(one.key), today)}"
            day = day_words(one.step.due, today)
            yield Open(day, step_what(one.step), why, "playbook", Verbatim(f"{one.key} {one.run.began}"))


def _why(one: Occurrence, case: Case) -> Why:
    told = filter(None, (*sentences(one, case), changes(one, case)))
    places = dict.fromkeys(f"{reason.text} ({reason.path}:{reason.line})" for reason in one.reasons)
    return Why(
        long_day(one.planned), yearly_words(one) if one.since else what(one), tuple(told), tuple(places)
    )


def _links(workspace: Workspace, customer: Customer) -> Iterator[Link]:
    """Where the file links to; what is no customer is its words alone."""
    for one in links(workspace.index, customer):
        other = workspace.cache.customer(one.path) if one.path else None
        to = customer_address(other.id) if other else None
        yield Link(one.name or one.target, to, one.field or f"line {one.line}")


def _backlinks(workspace: Workspace, path: str) -> Iterator[Link]:
    """Who links here."""
    for other, line, name in workspace.index.backlinks(path):
        customer = workspace.cache.customer(other)
        yield Link(name, customer_address(customer.id) if customer else None, f"{other}:{line}")
