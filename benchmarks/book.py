"""A vault that changes, and questions about it that are never the same twice in a row."""

from __future__ import annotations

import itertools
import os
import random
import time
from datetime import date, timedelta
from typing import TYPE_CHECKING

from benchmarks.vault import RARE, generate, id_of, path_of

if TYPE_CHECKING:
    from pathlib import Path

_SAVED_SECONDS_AGO = 5  # a file saved just now is waited for, as an editor may be halfway through


class Book:
    """A vault that changes on request. Everything is drawn by lot, and the same each time."""

    def __init__(self, folder: Path, count: int) -> None:
        self.root, self._folder = folder, folder / "customers"
        folder.mkdir(parents=True)
        generate(folder, count, RARE)
        self._dice = random.Random(count)  # noqa: S311  # the same each time
        self._next, self._names = count, list(range(count))
        self._dice.shuffle(self._names)
        self._asked = itertools.cycle(self._names[: count // 2])
        self._spare = self._names[count // 2 :]
        self._days = itertools.cycle(self._dice.sample(range(365), 365))
        self._words = itertools.cycle(self._dice.sample(RARE, len(RARE)))

    def customer(self) -> str:
        """The id of somebody who has not been asked for yet, and is never deleted."""
        return id_of(next(self._asked))

    def birthday(self) -> str:
        """A day of the year, such as `05-17`, another one each time."""
        return f"{date(2026, 1, 1) + timedelta(days=next(self._days)):%m-%d}"

    def word(self) -> str:
        """A word that one customer in 200 has, another one each time."""
        return next(self._words)

    def change_ten(self, day: date) -> None:
        """Ten customers were contacted on `day`."""
        for number in self._dice.sample(self._spare, min(10, len(self._spare))):
            path = self._folder / path_of(number)
            text = path.read_text(encoding="utf-8")
            entry = f"- {day} call: Written by hand, {self._dice.random()}\n"
            self._save(path, text.replace("## Log\n\n", f"## Log\n\n{entry}", 1))

    def add_one(self, day: date) -> None:
        """A customer is added."""
        number, self._next = self._next, self._next + 1
        text = f"---\nname: Anna {number}\ntier: gold\nsince: {day}\n---\n\nMet at the fair.\n\n## Log\n\n"
        self._save(self._folder / path_of(number), text)
        self._spare.insert(0, number)

    def delete_one(self, _: date) -> None:
        """A customer is deleted; raises `SystemExit` if there are too few for that."""
        if not self._spare:
            raise SystemExit("There are too few customers to delete one each time: measure more of them.")
        (self._folder / path_of(self._spare.pop())).unlink()

    @staticmethod
    def _save(path: Path, text: str) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        then = time.time() - _SAVED_SECONDS_AGO
        os.utime(path, (then, then))
