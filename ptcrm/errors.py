"""Every way a command can fail: the message is for a person, the class carries the exit code."""


class PtcrmError(Exception):
    """A command cannot go on. `str(error)` says what is wrong, where, and what to do next."""

    exit_code = 1


class UsageError(PtcrmError):
    """What was typed cannot be understood: a bad date, a bad value, a bad option."""

    exit_code = 2


class NotFoundError(PtcrmError):
    """What was named is not there, or more than one thing answers to the name."""

    exit_code = 3


class RefusedError(PtcrmError):
    """The change was not made, because it could lose or garble something; nothing was written."""

    exit_code = 4


class ChangedError(RefusedError):
    """A file is no longer what the change was made from: somebody else saved it. Looking again may help."""


class BusyError(RefusedError):
    """Another process of ours is writing to this vault."""


class QueryError(PtcrmError):
    """A query of `ptcrm.yaml` cannot be read, so that nobody knows who is meant."""


class UnreadableError(PtcrmError, ValueError):
    """The front matter cannot be read; for other Python programs, which know a ValueError."""
