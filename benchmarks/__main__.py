"""`python -m benchmarks [COUNT ...]`: one table of what commands cost (docs/performance.md)."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import machine
from benchmarks.measure import COMMANDS, LEAST, STATES, Amount, Bench, Costs, is_measured, long_logs
from benchmarks.table import Row, as_markdown, as_text, log_rows, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def main(words: Sequence[str]) -> int:
    """Measure and print the table; what is finished is printed too when somebody ends it. The exit code."""
    if not hasattr(os, "wait4"):
        print("The benchmarks need Linux or macOS.", file=sys.stderr)
        return 2
    parser = _parser()
    asked = parser.parse_args(words)
    if not any(is_measured(command, state) for command in asked.commands for state in asked.states):
        parser.error(
            "none of these commands is measured in any of these states; leave out one of the options"
        )
    amount = Amount(asked.runs, min(asked.cold_runs, asked.runs), asked.commands, asked.states)
    rows, code = list[Row](), 0
    try:
        _measure(asked, amount, rows.extend)
    except KeyboardInterrupt:
        code = 130
    _print(rows, amount, as_markdown if asked.markdown else as_text)
    return code


def _measure(asked: argparse.Namespace, amount: Amount, keep: Callable[[list[Row]], None]) -> None:
    smaller: tuple[int, Costs] | None = None
    for count in sorted(set(asked.counts)):
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Path(folder), count, amount, _tell)
            bench.measure()
        keep(list(rows_of(count, bench.costs, smaller)))
        smaller = smaller or (count, bench.costs)
    if "log" in amount.commands and asked.entries:
        _tell(f"logs of 1,000 and {asked.entries:,} entries")
        with tempfile.TemporaryDirectory() as folder:
            keep(list(log_rows(long_logs(Path(folder), asked.entries, amount.runs), asked.entries)))


def _print(rows: list[Row], amount: Amount, form: Callable[[list[Row]], str]) -> None:
    """The machine, how it was measured, and the table."""
    if not rows:
        return
    lines = [f"{machine()}.", f"Medians of {amount.runs} runs, of {amount.cold_runs} without a cache."]
    if not shutil.which("rg"):
        lines.append("rg (ripgrep) is not there, so nothing stands beside `find`.")
    print("\n".join([*lines, "", form(rows)]), flush=True)


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description="What commands cost, as one table.")
    add, count = parser.add_argument, _number(LEAST)
    add("counts", metavar="COUNT", nargs="*", type=count, default=[10_000], help="customers; default: 10000")
    add("--runs", type=_number(1), default=7, metavar="N", help="runs of each row; default: 7")
    add("--cold-runs", type=_number(1), default=3, metavar="N", help="runs without a cache; default: 3")
    add("--commands", type=_some(COMMANDS), default=COMMANDS, metavar="NAMES", help=", ".join(COMMANDS))
    add("--states", type=_some(STATES), default=STATES, metavar="NAMES", help=", ".join(STATES))
    entries = "entries of the long log; 0 leaves it out; default: 100000"
    add("--entries", type=_number(0), default=100_000, metavar="N", help=entries)
    add("--markdown", action="store_true", help="print the table as Markdown")
    return parser


def _number(least: int) -> Callable[[str], int]:
    """Reads a whole number that is not below `least`; anything else is argparse's own error."""

    def read(text: str) -> int:
        plain = text.replace(",", "").replace("_", "")
        if not (plain.isascii() and plain.isdigit()) or int(plain) < least:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number from {least} on")
        return int(plain)

    return read


def _some(names: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Reads some of the `names`, with commas between them; anything else is argparse's own error."""

    def read(text: str) -> tuple[str, ...]:
        chosen = {one.strip() for one in text.split(",")}
        if wrong := chosen - set(names):
            raise argparse.ArgumentTypeError(
                f"not known: {', '.join(sorted(wrong))}; choose from {', '.join(names)}"
            )
        return tuple(one for one in names if one in chosen)

    return read


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BrokenPipeError:  # who reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
