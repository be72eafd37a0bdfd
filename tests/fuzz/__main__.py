"""`python -m tests.fuzz TARGET --seconds N` lets atheris look for bytes that TARGET does not take.

It needs Linux on x86_64 with Python 3.11, and `pip install -e '.[fuzz]'`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

atheris.enabled_hooks.add("RegEx")
with atheris.instrument_imports(include=["ptcrm"]):
    from tests.fuzz.targets import TARGETS, seeds


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
    for number, seed in enumerate(seeds(given.target)):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-max_total_time={given.seconds}",
        f"-artifact_prefix={corpus.parent}/",
        "-max_len=4096",
        "-timeout=20",
        "-rss_limit_mb=0",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[given.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
