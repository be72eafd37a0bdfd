"""`python -I by_frontmatter.py FOLDER`: python-frontmatter loads every file of the folder, in one process."""

from __future__ import annotations

import os
import sys

import frontmatter


def load_all(folder: str) -> int:
    """Load every file below `folder`; how many there are."""
    count = 0
    for place, _, names in os.walk(folder):
        for name in names:
            frontmatter.load(f"{place}/{name}")
            count += 1
    return count


if __name__ == "__main__":
    load_all(sys.argv[1])
