"""`python -m ptcrm` is the `ptcrm` command."""

import gc
import sys

from ptcrm.start import is_answered

_RARELY = 50_000  # objects


def main() -> None:
    """The entry point. A command ends before there is much to collect, so Python seldom looks, and not at the end."""
    gc.set_threshold(_RARELY, 20, 50)
    try:
        _run()
    finally:
        gc.freeze()


def _run() -> None:
    """A merge for git, the answer of last time, if it is still right, or the command."""
    if sys.argv[1:2] == ["git"]:
        from ptcrm.driver import is_called

        code = is_called()
        if code is not None:
            sys.exit(code)
    if not is_answered():
        from ptcrm.cli import main as run

        run()


if __name__ == "__main__":
    main()
