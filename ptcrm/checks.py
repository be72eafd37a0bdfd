"""Checks that look across files or at the day: an explicit list of functions from the vault to diagnostics."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from ptcrm.model.config import Config, channel_names
from ptcrm.model.customer import EVERYTHING, Customer
from ptcrm.model.dates import NEVER, Interval, later, parse_date
from ptcrm.model.diagnostic import Diagnostic
from ptcrm.query.configured import configured
from ptcrm.query.fields import vocabulary_of
from ptcrm.query.lexer import Flaw
from ptcrm.query.parser import pointed
from ptcrm.text.edits import unified_diff
from ptcrm.text.fold import fold, same_id
from ptcrm.text.near import nearest, suggest
from ptcrm.text.words import plural
from ptcrm.vault.index import WITH, WORDS, Index, LooseLink, file_keys
from ptcrm.vault.library import Library
from ptcrm.vault.match import slips
from ptcrm.vault.store import CONFIG_NAME
from ptcrm.vault.templates import FOLDER, variants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.model.item import Item

_LONGEST_LIFE = 130  # years
_FAR = Interval(months=120)  # beyond this nobody plans
_DETAIL_LINES = 40
_TEMPLATE = re.compile(rf"{FOLDER}[^/]+\.md")
_TO_CUSTOMERS = ("company", "referred_by", "family", WITH)
_SILENT = ("birthday", "occasion", "anniversary", "mailings", "all")  # what `mute` may name
_SILENT_TOO = ("birthdays", "occasions", "anniversaries", "mailing")


class Copy(NamedTuple):
    """A sync program's copy of the file at `original`; a text is None if the file is missing or unreadable."""

    path: str
    original: str
    text: str | None
    original_text: str | None


class Twins(NamedTuple):
    """Two files of customers who may be one, and what speaks for it."""

    path: str
    other: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vault:
    """What the checks look at. `customers` are in the order of their paths, without their logs.

    `holidays` are the country's in some year (no country has a year without), `missing` the customers' folders
    that are not there. `list_names` gives the path of
    every file of the vault; it is a function, since few vaults need the list. `list_twins` gives those who may be
    one, the likeliest first.
    """

    index: Index
    config: Config
    today: date
    customers: tuple[Customer, ...]
    loose_links: tuple[LooseLink, ...]
    copies: tuple[Copy, ...]
    holidays: Mapping[date, str]
    library: Library
    missing: tuple[str, ...]
    list_names: Callable[[], Iterable[str]]
    list_twins: Callable[[], Iterable[Twins]]


# Files


def sync_copies(vault: Vault) -> Iterator[Diagnostic]:
    """A sync program's conflict copies, and how they differ from the file they are copies of."""
    for copy in vault.copies:
        name = copy.original.rpartition("/")[2]
        diff: list[str] = []
        how, hint = f" of {name}", "If that file is gone, give this one its name; else keep one of the two."
        if copy.text is not None and copy.original_text is not None:
            diff = unified_diff(copy.original, copy.original_text, copy.text, copy.path).split("\n")[:-1]
            how = f", {_difference(diff)} {name}"
            hint = (
                "Merge it with `ptcrm conflicts --merge`, or keep what is needed of it and delete it."
                if diff
                else "Delete it."
            )
        message = f"this looks like a sync program's copy{how}"
        yield Diagnostic("PT011", copy.path, 1, 1, message, hint, _shortened(diff))


def _difference(diff: list[str]) -> str:
    """`2 lines more, 1 line less than` or `the same as`, by the lines of a unified diff."""
    signs = Counter(line[0] for line in diff[2:])
    counts = ((signs["+"], "more"), (signs["-"], "less"))
    words = ", ".join(f"{plural(count, 'line')} {word}" for count, word in counts if count)
    return f"{words} than" if words else "the same as"


def _shortened(lines: list[str]) -> str:
    """The first of `lines`, and how many there are more."""
    more = len(lines) - _DETAIL_LINES
    return "\n".join([*lines[:_DETAIL_LINES], *([f"… and {more} more lines"] if more > 0 else [])])


def duplicate_ids(vault: Vault) -> Iterator[Diagnostic]:
    """Two files with one id are an error on both (FORMAT §2.1)."""
    for path, other in vault.index.same_ids():
        yield same_id_as(path, other)


def same_id_as(path: str, other: str) -> Diagnostic:
    """That the file at `path` has the id of another one."""
    return Diagnostic(
        "PT401", path, 1, 1, f"{other} has the same id", "Give one of them an `id:` of its own."
    )


# Fields


def impossible_days(vault: Vault) -> Iterator[Diagnostic]:
    """Days that are surely a slip."""
    for one in vault.customers:
        for line, message in (*_odd_yearly_days(one, vault.today), *_odd_days(one, vault.today)):
            yield Diagnostic("PT112", one.path, line, 1, message, "Correct the day.")


def _odd_yearly_days(one: Customer, today: date) -> Iterator[tuple[int, str]]:
    """Births to come, of the very old and after `since`, and occasions too far ahead to be planned."""
    born = one.birthday
    if born and born.year:
        day = date(born.year, born.month, born.day)
        line = one.lines.get("birthday", 1)
        if day > today:
            yield line, f"the birthday {day} is after today"
        elif one.since and day > one.since:
            yield line, f"the birthday {day} is after `since` ({one.since})"
        elif one.kind == "person" and day.year < today.year - _LONGEST_LIFE:
            yield line, f"the birthday {day} is more than {_LONGEST_LIFE} years ago"
    for occasion in one.occasions:
        if (occasion.day.year or 0) > later(today, _FAR).year:
            yield occasion.line, f"“{occasion.name} {occasion.day}” is more than {_FAR} from now"


def _odd_days(one: Customer, today: date) -> Iterator[tuple[int, str]]:
    """Beginnings, ends and doings after today, and an end before the beginning.

    Who is active may have left long ago and come back, or be going to leave.
    """
    if one.since and one.since > today:
        yield one.lines.get("since", 1), f"`since` ({one.since}) is after today"
    if one.left and one.status == "former":
        line = one.lines.get("left", 1)
        if one.left > today:
            yield line, f"`left` ({one.left}) is after today, and the status is former already"
        elif one.since and one.left < one.since:
            yield line, f"`left` ({one.left}) is before `since` ({one.since})"
    for task in one.follow_ups:
        if task.done and task.done > today:
            yield task.line, f"this was done on {task.done}, which is after today"


def odd_cadences(vault: Vault) -> Iterator[Diagnostic]:
    """Cadences that have no effect, or are too long or too short to be meant."""
    for one in vault.customers:
        if one.cadence_until and not one.cadence:
            line = one.lines.get("cadence_until", 1)
            hint = "Write the `cadence:` that ends on this day."
            yield Diagnostic("PT113", one.path, line, 1, "there is no `cadence` that could end", hint)
        elif one.cadence and not one.cadence.is_never and (odd := _odd_cadence(one, one.cadence, vault)):
            yield Diagnostic("PT113", one.path, one.lines.get("cadence", 1), 1, *odd)


def _odd_cadence(one: Customer, cadence: Interval, vault: Vault) -> tuple[str, str] | None:
    """What is odd about a cadence, and what to do; None if nothing is."""
    status = vault.config.statuses.get(one.status)
    day, least = later(vault.today, cadence), vault.config.min_gap
    if one.do_not_contact:
        return "this has no effect, because of `do_not_contact: true`", "Take one of the two away."
    if status and status.cadence == NEVER:
        return f"this has no effect, because of `status: {one.status}`", "Take one of the two away."
    if day > later(vault.today, _FAR):
        return f"a cadence of {cadence} is hardly meant", "Write a shorter one, or `never`."
    if day < later(vault.today, least):
        hint = "Write a longer cadence, or a shorter `min_gap:` in ptcrm.yaml."
        return f"a cadence of {cadence} is shorter than `min_gap` ({least})", hint
    return None


def unknown_owners(vault: Vault) -> Iterator[Diagnostic]:
    """Owners that `owners:` does not name; without it, slips of an owner whom more customers have."""
    known = vault.config.owners
    counts = Counter(one.owner for one in vault.customers if one.owner)
    unknown = {owner: _unknown_owner(owner, counts, known) for owner in counts}
    for one in vault.customers:
        if one.owner and (problem := unknown[one.owner]):
            yield Diagnostic("PT406", one.path, one.lines.get("owner", 1), 1, *problem)


def _unknown_owner(owner: str, counts: Counter[str], known: tuple[str, ...]) -> tuple[str, str] | None:
    """What is wrong with an owner, and what to do; None if nothing is."""
    if known:
        hint = suggest(owner, known) or f"Known are: {', '.join(known)}."
        return None if owner in known else (f"“{owner}” is no owner", hint)
    others = {fold(other): other for other in counts if counts[other] > counts[owner]}
    near = nearest(fold(owner), others)
    hint = "Correct it. If it is right, name all of you in `owners:` in ptcrm.yaml."
    return (f"“{owner}” looks like a slip of the owner “{others[near]}”", hint) if near else None


def former_without_day(vault: Vault) -> Iterator[Diagnostic]:
    """Former customers of whom is not known since when."""
    for one in vault.customers:
        if one.status == "former" and not one.left:
            hint = "Write the day as `left:`, and why as `left_reason:` if you know it."
            message = "the status is former, and `left` is missing"
            yield Diagnostic("PT115", one.path, one.lines.get("status", 1), 1, message, hint)


def unknown_silence(vault: Vault) -> Iterator[Diagnostic]:
    """Words in `mute` that silence nothing, and `true`, which is no word for all."""
    words = (*_SILENT, *_SILENT_TOO, *channel_names(vault.config))
    for one in vault.customers:
        if not one.mute or (len(one.mute) == 1 and "," in one.mute[0]):  # which is said already (PT105)
            continue
        known = {fold(word): word for word in (*words, *(occasion.name for occasion in one.occasions))}
        for word in one.mute:
            if fold(word) not in known:
                line = one.lines.get("mute", 1)
                yield Diagnostic("PT116", one.path, line, 1, *_no_silence(word, known.values()))


def _no_silence(word: str, known: Iterable[str]) -> tuple[str, str]:
    """What is wrong with a word in `mute`, and what to do."""
    if fold(word) in EVERYTHING:
        return f"`mute: {word}` is taken for `mute: [all]`", "Write [all]."
    hint = suggest(word, [*known]) or f"Known are: {', '.join(_SILENT)}; a channel; an occasion's name."
    return f"`mute` names “{word}”, which silences nothing", hint


# Lines


def promises_not_to_keep(vault: Vault) -> Iterator[Diagnostic]:
    """Open follow-ups of customers who are not to be contacted, unless they were put aside with what was open."""
    hint = "Drop it with `[-]`, tick it, or take `do_not_contact` away."
    for one in vault.customers:
        for task in one.follow_ups:
            if one.do_not_contact and not one.archived and task.mark == "open" and not task.implied:
                message = "this is never planned, because of `do_not_contact: true`"
                yield Diagnostic("PT114", one.path, task.line, 1, message, hint)


def future_entries(vault: Vault) -> Iterator[Diagnostic]:
    """Log entries after today count as no contact; so do follow-ups that were ticked before their day."""
    ticked = {
        (one.path, task.line): task
        for one in vault.customers
        for task in one.follow_ups
        if task.mark == "done"
    }
    for path, line, day in vault.index.later_than(vault.today):
        task = ticked.get((path, line))
        if task is None:
            hint = "Correct the date; what is still to be done is a follow-up: - [ ] DATE …"
        elif task.done is None:
            hint = f"Say when it was done: [done:: {vault.today}]"
        else:  # a day that cannot be
            continue
        yield Diagnostic("PT204", path, line, 1, f"{day} is after today, so this is no contact yet", hint)


# Links and people


def broken_links(vault: Vault) -> Iterator[Diagnostic]:
    """Links that lead to no customer and no file; to no customer, where only a customer will do."""
    lost = [one for one in vault.loose_links if not one.meant and not _leads_elsewhere(one, vault.library)]
    if not lost:
        return
    files = file_keys(vault.list_names())
    to_customers = [one for one in lost if one.field in (*_TO_CUSTOMERS, WORDS)]
    to_files = [one for one in lost if one.field not in (*_TO_CUSTOMERS, WORDS)]
    yield from _broken_among(to_customers, vault.customers, files)
    yield from _broken_among(to_files, (*vault.customers, *vault.library.items), files)


def _broken_among(
    links: list[LooseLink], named: Iterable[Customer | Item], files: set[str]
) -> Iterator[Diagnostic]:
    """What is wrong with links that were perhaps meant for something `named`."""
    near = slips({_last_part(one) for one in links}, _ids_by_name(named))
    for one in links:
        if broken := _broken(one, near.get(_last_part(one)), files):
            yield Diagnostic("PT402", one.path, one.line, 1, *broken)


def _broken(one: LooseLink, near: str | None, files: set[str]) -> tuple[str, str] | None:
    """What is wrong with a link to no customer, and what to do; None for a file, and for words that need no link."""
    message, hint = f"“{one.target}” is no customer", f"Did you mean “{near}”?" if near else ""
    if one.field == WORDS:
        return (message, hint) if near else None
    if one.field in _TO_CUSTOMERS:
        return message, hint or "Write a customer's id. Who has no file is written without brackets."
    if one.key.removeprefix("/") in files:
        return None
    return f"{message} and no file here", hint or "Correct the link, or write that file."


def _leads_elsewhere(one: LooseLink, library: Library) -> bool:
    """Whether a link leads into the library, out of the vault, or to the note of a day, which is written when needed."""
    is_day = isinstance(parse_date(one.target), date)
    is_outside = is_day or one.key.startswith("../")
    return one.field not in _TO_CUSTOMERS and (is_outside or library.led_to(one.key) is not None)


def _last_part(one: LooseLink) -> str:
    return one.key.rpartition("/")[2]


def _ids_by_name(named: Iterable[Customer | Item]) -> dict[str, str]:
    """The id of each customer and item by all that it is called; the first, where two are called the same."""
    ids: dict[str, str] = {}
    for one in named:
        for name in (one.id, one.name if isinstance(one, Customer) else one.title, *one.aliases):
            ids.setdefault(name, one.id)
    return ids


def ambiguous_links(vault: Vault) -> Iterator[Diagnostic]:
    """Links that more than one customer answers to; where two have one id, that is said already."""
    ids = {one.path: same_id(one.id) for one in vault.customers}
    for one in vault.loose_links:
        if one.meant and all(ids[path] != one.key for path in one.meant):
            message = f"“{one.target}” may mean {' or '.join(one.meant)}"
            yield Diagnostic("PT402", one.path, one.line, 1, message, "Write the id of the one you mean.")


def twins(vault: Vault) -> Iterator[Diagnostic]:
    """Customers who may be one, each with the likeliest other."""
    lines = {one.path: one.lines.get("name", 1) for one in vault.customers}
    said: set[str] = set()
    for one, other, why in vault.list_twins():
        for path, second in ((one, other), (other, one)):
            if path not in said:
                message = f"this may be the same customer as {second}: {', '.join(why)}"
                hint = "Make one file of the two with `ptcrm merge`. If they are two, link one to the other."
                yield Diagnostic("PT407", path, lines.get(path, 1), 1, message, hint)
            said.add(path)


# The configuration


def unreadable_queries(vault: Vault) -> Iterator[Diagnostic]:
    """Queries in ptcrm.yaml that cannot be read, with a mark under the place."""
    queries = [one for one in configured(vault.config) if one.text]
    if not queries:
        return
    vocabulary = vocabulary_of(vault.config, {name for one in vault.customers for name, _ in one.own})
    for one in queries:
        flaw = one.read(vocabulary, vault.today)
        if isinstance(flaw, Flaw):
            message = f"{one.called} cannot be read: {flaw.message}"
            line = vault.config.line(*one.place)
            yield Diagnostic("PT504", CONFIG_NAME, line, 1, message, flaw.hint, pointed(one.text, flaw))


def unknown_words(vault: Vault) -> Iterator[Diagnostic]:
    """Countries without public holidays, folders and templates that are not there, and channels that are none."""
    config = vault.config
    given = config.customers if "customers" in config.lines else ()
    for folder in (one for one in vault.missing if one in given):
        hint = "Make it, or write the folder in which the customers are."
        yield _in_config(config, "customers", f"there is no folder “{folder}”", hint)
    if config.country and not vault.holidays:
        message = f"no public holidays are known for the country “{config.country}”"
        hint = "Write a code such as PL, or with the region DE-BE; or leave it out."
        yield _in_config(config, "country", message, hint)
    names = channel_names(config)
    for key, called, word in _channel_words(config):
        if word.casefold() not in names:
            hint = suggest(word, names) or f"Add {word} to channels:, or write one that is there."
            yield _in_config(config, key, f"{called} names “{word}”, which is no channel", hint)


def _channel_words(config: Config) -> Iterator[tuple[str, str, str]]:
    """Where ptcrm.yaml names a channel: the top-level key, what is said of it, and the word."""
    for name, tier in config.tiers.items():
        yield from (("tiers", f"the tier “{name}”", word) for word in tier.channels)
    for name, playbook in config.playbooks.items():
        words = [step.do for step in playbook.steps]
        words += [] if playbook.starts in ("since", "left") else [playbook.starts]
        yield from (("playbooks", f"the playbook “{name}”", word) for word in words)
    for name, campaign in config.campaigns.items():
        yield "campaigns", f"the campaign “{name}”", campaign.do


def lost_templates(vault: Vault) -> Iterator[Diagnostic]:
    """Templates that steps and campaigns name, and that are not in `templates/`."""
    config = vault.config
    named: list[tuple[tuple[str, ...], str, str]] = [
        (("playbooks", name, "steps", str(number)), f"the playbook “{name}”", step.template)
        for name, playbook in config.playbooks.items()
        for number, step in enumerate(playbook.steps, 1)
        if step.template
    ]
    named += [
        (("campaigns", name), f"the campaign “{name}”", one.template)
        for name, one in config.campaigns.items()
        if one.template
    ]
    if not named:
        return
    there = variants(path for path in sorted(vault.list_names()) if _TEMPLATE.fullmatch(path))
    for place, called, word in named:
        if word not in there:
            hint = suggest(word, there) or f"Write {FOLDER}{word}.md, or name one that is there."
            message = f"{called} names the template “{word}”, and there is no {FOLDER}{word}.md"
            yield Diagnostic("PT505", CONFIG_NAME, config.line(*place, "template"), 1, message, hint)


def nameless_vault(vault: Vault) -> Iterator[Diagnostic]:
    """A vault that nothing tells apart from another owner's (docs/calendar.md, CALENDAR 6)."""
    if vault.config.id is None:
        message = "this vault has no `id`, so its events may pass for those of another vault"
        yield Diagnostic("PT506", CONFIG_NAME, 1, 1, message, "Write `id:` and a name that nobody else has.")


def _in_config(config: Config, key: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic("PT505", CONFIG_NAME, config.lines.get(key, 1), 1, message, hint)


CHECKS = (
    sync_copies,
    duplicate_ids,
    impossible_days,
    odd_cadences,
    unknown_owners,
    former_without_day,
    unknown_silence,
    promises_not_to_keep,
    future_entries,
    broken_links,
    ambiguous_links,
    twins,
    unreadable_queries,
    unknown_words,
    lost_templates,
    nameless_vault,
)
