"""What one customer's file says that cannot be, or has no effect: days, cadences, words, follow-ups, entries."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from ptcrm.model.config import channel_names
from ptcrm.model.customer import EVERYTHING
from ptcrm.model.dates import NEVER, Interval, later
from ptcrm.model.diagnostic import Diagnostic
from ptcrm.text.fold import fold
from ptcrm.text.near import nearest, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptcrm.checks.vault import Vault
    from ptcrm.model.customer import Customer

_LONGEST_LIFE = 130  # years
_FAR = Interval(months=120)  # beyond this nobody plans
_SILENT = ("birthday", "occasion", "anniversary", "mailings", "all")  # what `mute` may name
_SILENT_TOO = ("birthdays", "occasions", "anniversaries", "mailing")


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
