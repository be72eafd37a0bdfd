"""`python -m tests.fuzz TARGET --seconds N` lets atheris look for bytes that TARGET does not take.

It needs Linux on x86_64 with Python 3.11, and `pip install -e '.[fuzz]'`.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ptcrm"]):
    from tests.fuzz.targets import TARGETS, seeds


def _dictionary(target: str) -> str:
    """The words and signs of the seeds, as libFuzzer's dictionaries write them."""
    words = {
        word for seed in seeds(target) for word in re.findall(rb"[A-Za-z]+|[0-9]+|[!-/:-@\[-`{-~]+", seed)
    }
    return "".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in sorted(words))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=300, help="for how long (default: 300)")
    parser.add_argument(
        "--corpus",
        type=Path,
        help="a folder that keeps what was found interesting, for the next time (default: a new one)",
    )
    given = parser.parse_args()
    corpus = given.corpus or Path(tempfile.mkdtemp(prefix="fuzz-"))
    corpus.mkdir(parents=True, exist_ok=True)
    dictionary = corpus.parent / f"{given.target}.dict"
    dictionary.write_text(_dictionary(given.target))
    for number, seed in enumerate(seeds(given.target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-max_total_time={given.seconds}",
        f"-artifact_prefix={corpus.parent}/",
        f"-dict={dictionary}",
        "-max_len=4096",
        "-timeout=20",
        "-rss_limit_mb=0",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[given.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
