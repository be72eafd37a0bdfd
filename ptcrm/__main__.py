"""`python -m ptcrm` is the `ptcrm` command."""

import sys

from ptcrm.start import is_answered


def main() -> None:
    """The entry point: a merge for git, the answer of last time, if it is still right, or the command."""
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
