"""`python -m ptcrm` is the `ptcrm` command."""

from ptcrm.start import is_answered


def main() -> None:
    """The entry point: the answer of last time, if it is still right, or the command."""
    if not is_answered():
        from ptcrm.cli import main as run

        run()


if __name__ == "__main__":
    main()
