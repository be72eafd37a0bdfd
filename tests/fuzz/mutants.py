"""`python -m tests.fuzz.mutants [COUNT]` holds the short way through front matter to YAML's own parser.

Blocks of the sample vault are changed at random; whatever `usual_mapping` takes must be what the parser gives, to
the last offset. The same seed makes the same blocks.
"""

from __future__ import annotations

import argparse
import random
import sys
from typing import TYPE_CHECKING

from ptcrm.text.frontmatter import Mapping, parsed_mapping, usual_mapping
from ptcrm.text.source import Span
from tests.conftest import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMS = (
    "name: Anna\nphones: [\"+1\", '2']\ntags:\n- a\n- b\nx:\n",
    "a: b\nc:\n  - d\n  - 'e'\nf: [g, h ]\n",
    "key: 12:30\nk2: a - b\nk3: https://x.example\nd: 2020-01-01\nnull: ~\n",
    "a:\n- b: c\n",
    "x: [a,b]\ny: [ ]\nz: []\n",
)
_SIGNS = [
    *" \t\n\r:-[]{},#'\"&*!|>%@`?~\\.0a=<é٣ª²\x07\x85\xa0\u2028\ufeff\ud800",
    *(": ", " #", "- ", "  ", "\n- ", "\n  - ", "---", "...", "key: v\n", "''", '""', "<<", "\r\n"),
]


def blocks(count: int, seed: int) -> Iterator[str]:
    """So many blocks of front matter, most of them a few signs away from one that a person wrote."""
    dice = random.Random(seed)  # the same blocks each time
    texts = [path.read_text(encoding="utf-8") for path in sorted(SAMPLE.rglob("*.md"))]
    seeds = [*_FORMS, *(text.split("---\n")[1] for text in texts if text.startswith("---\n"))]
    for _ in range(count):
        block = dice.choice(seeds)
        if dice.random() < 0.5:
            block = _some_lines(block, dice)
        for _ in range(dice.randrange(5)):
            block = _changed(block, seeds, dice)
        yield block


def _some_lines(block: str, dice: random.Random) -> str:
    lines = block.splitlines(keepends=True)
    if dice.random() < 0.2:
        dice.shuffle(lines)
    return "".join(lines[: dice.randrange(1, len(lines) + 1)][-6:])


def _changed(block: str, seeds: list[str], dice: random.Random) -> str:
    at, way = dice.randrange(len(block) + 1), dice.random()
    if way < 0.5:
        return f"{block[:at]}{dice.choice(_SIGNS)}{block[at:]}"
    if way < 0.8:
        return block[:at] + block[at + dice.randrange(1, 4) :]
    other = dice.choice(seeds)
    start = dice.randrange(len(other))
    return f"{block[:at]}{other[start : start + dice.randrange(1, 30)]}{block[at:]}"


def wrong(count: int, seed: int) -> tuple[list[str], int]:
    """The blocks that the short way reads otherwise than the parser, and how many it takes at all."""
    found, taken = list[str](), 0
    for block in blocks(count, seed):
        text, span = f"---\n{block}---\n", Span(4, 4 + len(block))
        short = usual_mapping(text, span)
        if short is not None:
            taken += 1
            full = parsed_mapping(text, span)
            if not isinstance(full, Mapping) or repr(short) != repr(full):
                found.append(block)
    return found, taken


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.mutants")
    parser.add_argument("count", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    found, taken = wrong(given.count, given.seed)
    said = f"{given.count} blocks, {taken} of them taken, {len(found)} read otherwise"
    sys.stdout.write("\n".join([said, *map(repr, found[:10]), ""]))
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
