"""`python -m benchmarks.imports [COUNT]`: what the import of COUNT contacts costs, against parsing them alone.

F is the package that reads vCards (vobject), reading the same file to its end in a process of its own. Figures are CPU
time and peak memory of one process each, medians of interleaved runs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.process import Cost, Runner, median

RUNS = 3
_PARSER = (
    "import sys, vobject\n"
    "with open(sys.argv[1], encoding='utf-8') as file:\n"
    "    print(sum(1 for _ in vobject.readComponents(file)))\n"
)


def card(number: int) -> str:
    """The vCard of one person, such as phones write them: some 600 bytes."""
    lines = (
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"UID:c{number}",
        f"N:Kowalska {number % 997};Anna {number};;;",
        f"FN:Anna {number} Kowalska {number % 997}",
        f"ORG:Rowery {number % 400};Serwis",
        "TITLE:owner",
        f"EMAIL;TYPE=INTERNET;TYPE=WORK:anna{number}@rowery{number % 400}.example",
        f"EMAIL;TYPE=INTERNET;TYPE=HOME:anna.{number}@home.example",
        f"TEL;TYPE=CELL:+48 600 {number:06}",
        f"ADR;TYPE=WORK:;;ul. Długa {number % 200};Gdańsk;;80-831;Polska",
        f"BDAY:19{number % 60 + 30}-0{number % 9 + 1}-1{number % 10}",
        "CATEGORIES:bike-shop,newsletter",
        "NOTE:Met at the Gdańsk fair. Runs two shops\\, and her brother repairs.\\nLikes tea.",
        "END:VCARD",
        "",
    )
    return "\r\n".join(lines)


def main(count: int) -> None:
    """Measure, and print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cards = folder / "contacts.vcf"
        cards.write_text("".join(map(card, range(count))), encoding="utf-8", newline="")
        costs: dict[str, list[Cost]] = {"F": [], "first": [], "again": []}
        for run in range(RUNS):
            vault = folder / f"vault{run}"
            (vault / "customers").mkdir(parents=True)
            (vault / "ptcrm.yaml").write_text("start: 2021-01-04\ncountry: PL\n", encoding="utf-8")
            runner = Runner(folder)
            words = [
                sys.executable,
                "-m",
                "ptcrm",
                "--vault",
                str(vault),
                "import",
                "vcard",
                str(cards),
                "--yes",
            ]
            cache = f"run{run}"
            costs["F"].append(runner.cost([sys.executable, "-c", _PARSER, str(cards)]))
            costs["first"].append(runner.cost(words, cache))
            files = len(list((vault / "customers").iterdir()))
            if files != count:
                raise SystemExit(f"{files} files for {count} contacts")
            costs["again"].append(runner.cost(words, cache))
        _print(count, {key: median(found) for key, found in costs.items()})


def _print(count: int, costs: dict[str, Cost]) -> None:
    floor = costs["F"]
    print(f"{count:,} contacts")
    print("| | CPU, s | of F | wall, s | memory, MB |")
    print("|---|---|---|---|---|")
    names = {
        "F": "vobject alone (F)",
        "first": "`import vcard`, all new",
        "again": "`import vcard` again, all known",
    }
    for key, words in names.items():
        cost = costs[key]
        print(f"| {words} | {cost.cpu:.2f} | {cost.cpu / floor.cpu:.2f} | {cost.wall:.2f} | {cost[2]:.0f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
