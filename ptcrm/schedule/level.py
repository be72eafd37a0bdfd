"""Levelling (FORMAT §4): movable contacts on worked days, later than due if need be, within what a day holds.

Days are ordinals. Contacts are plain tuples, because thousands of them are looked at for one answer.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush, heapreplace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ptcrm.model.occurrence import Contact
    from ptcrm.schedule.workdays import WorkDays


class Levelled(NamedTuple):
    """Where items stand: `placed` as (day, index of the contact), in the order of the days and of their places.

    `waiting` are the indices of those that were ready, found no day, and are not past their last day at the end
    of the plan; the longest overdue first.
    """

    placed: tuple[tuple[int, int], ...]
    waiting: tuple[int, ...]


def level(  # noqa: PLR0913, PLR0917  # what there is to do, what stands already, and the five rules of the configuration
    items: Sequence[Contact],
    busy: Mapping[str, Sequence[int]],
    load: Mapping[int, int],
    workdays: WorkDays,
    per_day: int,
    intake: int,
    gap: int,
    today: int,
    until: int,
) -> Levelled:
    """The days of the items, which are contacts that may move, from `today` to `until` (included), by FORMAT §4 "Levelling".

    An item stands on the first worked day, not before it is ready, that has a place for it. A day has `per_day`
    places without its `load` (what stands there already), `intake` of them for new customers at most. Two
    entries of a customer, fixed ones (`busy`) included, are at least `gap` days apart. The first place of a day
    goes to the longest overdue, whatever its rank; the others go by rank, then by how far overdue on that day
    in parts of the cadence; then by due, path, origin. An item that finds no day up to the one on which it `expires`
    lapses: it is neither placed nor waiting. The order of the input counts for nothing.

    *Who moves when a customer is added*: entries that had a day from the new one's day to the last day that
    changes, so at most as many as these days have places. Where each customer has one item, and `intake` holds
    nobody back (none is new, or `intake` is not below `per_day`), at most one entry goes from each of these days.

    *How late one can be*: with n customers, nothing fixed, and each cadence long enough to hold
    k = ceil(n / per_day) worked days, every contact made on its day, a known customer is planned at the latest
    on the k-th worked day from its due day on (from the end of `gap`, if that is later). So nobody is later than
    the longest run of days not worked, k worked days and `gap` together.
    """
    ready = sorted((at for at, item in enumerate(items) if item.ready <= until), key=items.__getitem__)
    order = [at for at in ready if per_day > 0 and (intake > 0 or not items[at].new)]
    queue = _Queue([items[at] for at in order], busy, gap)
    placed: list[tuple[int, int]] = []
    day = _next_day(queue, workdays, today)
    while day is not None and day <= until:
        chosen = queue.take(day, per_day - load.get(day, 0), intake)
        placed += [(day, order[position]) for position in chosen]
        day = _next_day(queue, workdays, day + 1)
    gone = {at for _, at in placed}
    waiting = tuple(at for at in ready if at not in gone and items[at].expires >= until)
    return Levelled(tuple(placed), waiting)


def _next_day(queue: _Queue, workdays: WorkDays, day: int) -> int | None:
    """The first worked day from `day` on that somebody may have; None if nobody is left."""
    first = queue.next_day(day)
    return None if first is None else workdays.next_worked(first)


_Kind = tuple[int, int, int]  # rank, pace, new
_Head = tuple[int, float, int, _Kind]  # rank, parts overdue (negative), position; the first of a kind


class _Queue:
    """The items that wait for a day, by kind, and those whose day is still to come.

    An item is known by its position in the order of due. Within a kind, that is also the order by parts
    overdue, on whatever day, so that only the heads of the kinds need comparing. An item that may not stand
    for a while is found out when it is the head, and goes back to those to come.
    """

    __slots__ = ("_gap", "_items", "_stands", "_to_come", "_waiting")

    def __init__(self, items: list[Contact], busy: Mapping[str, Sequence[int]], gap: int) -> None:
        self._items = items
        self._gap = gap
        self._stands = dict(busy)
        self._waiting: dict[_Kind, list[int]] = {}
        self._to_come = [(item.ready, position) for position, item in enumerate(items)]
        heapify(self._to_come)

    def next_day(self, day: int) -> int | None:
        """The first day from `day` on with anybody waiting; None if nobody is left."""
        if self._waiting:
            return day
        return max(day, self._to_come[0][0]) if self._to_come else None

    def take(self, day: int, places: int, intake: int) -> list[int]:
        """The positions of those who have a place on `day`, which is not before the day of the last call."""
        self._admit(day)
        taken: list[int] = []
        heads = self._heads(day) if places > 0 else []
        while heads and len(taken) < places:
            _, _, position, kind = heads[0]
            if kind[2] and intake == 0:
                heappop(heads)
                continue
            if self._head(kind, day) == position:
                taken.append(self._place(kind, day))
                intake -= kind[2]
            if kind in self._waiting:
                heapreplace(heads, self._ranked(self._waiting[kind][0], kind, day))
            else:
                heappop(heads)
        return taken

    def _admit(self, day: int) -> None:
        """Let those whose day has come wait with the others."""
        while self._to_come and self._to_come[0][0] <= day:
            _, position = heappop(self._to_come)
            item = self._items[position]
            heappush(self._waiting.setdefault((item.rank, item.pace, item.new), []), position)

    def _heads(self, day: int) -> list[_Head]:
        """The head of each kind, as a heap by rank and parts overdue, but the longest overdue before all."""
        found = []
        for kind in list(self._waiting):
            head = self._head(kind, day)
            if head is not None:
                found.append(self._ranked(head, kind, day))
        if found:
            longest = min(range(len(found)), key=lambda at: found[at][2])
            found[longest] = (-1, 0.0, *found[longest][2:])
        heapify(found)
        return found

    def _ranked(self, position: int, kind: _Kind, day: int) -> _Head:
        return kind[0], (self._items[position].due - day) / kind[1], position, kind

    def _head(self, kind: _Kind, day: int) -> int | None:
        """The first of the kind who may stand on `day`, once those before have gone back or lapsed."""
        waiting = self._waiting.get(kind)
        while waiting:
            position = waiting[0]
            item = self._items[position]
            free = self._free_from(item.path, day)
            if free == day <= item.expires:
                return position
            heappop(waiting)
            if free <= item.expires:
                heappush(self._to_come, (free, position))
        self._waiting.pop(kind, None)
        return None

    def _place(self, kind: _Kind, day: int) -> int:
        waiting = self._waiting[kind]
        position = heappop(waiting)
        if not waiting:
            del self._waiting[kind]
        path = self._items[position].path
        self._stands[path] = (*self._stands.get(path, ()), day)
        return position

    def _free_from(self, path: str, day: int) -> int:
        """`day` if it is `gap` days from every other entry of the customer, else a later one with none between them."""
        for other in self._stands.get(path, ()):
            if day - self._gap < other < day + self._gap:
                day = other + self._gap
        return day
