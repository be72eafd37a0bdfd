"""What is wrong with a file, where, and what to do: collected while reading, never raised."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from ptcrm.text.edits import Edit
from ptcrm.text.source import Span


class Severity(StrEnum):
    """`error`: something is kept out of the plan. `warning`: a value is not used. `info`: worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Rule(NamedTuple):
    """A kind of diagnostic: its stable code, how bad it is, and what it means in one line.

    One that is `opt_in` is neither shown nor mended unless it is asked for.
    """

    code: str
    severity: Severity
    meaning: str
    opt_in: bool = False


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

RULES = (
    Rule("PT001", _E, "The file is not UTF-8."),
    Rule("PT002", _E, "The front matter opens and never closes."),
    Rule("PT003", _E, "The front matter is not YAML."),
    Rule("PT004", _E, "The front matter is not a list of `key: value` lines."),
    Rule("PT005", _E, "YAML anchors, aliases, merge keys and tags are not read."),
    Rule("PT006", _E, "The front matter is too large or too deep."),
    Rule("PT007", _E, "A key stands twice in one mapping."),
    Rule("PT008", _E, "Two versions wait to be merged (git's conflict markers)."),
    Rule("PT009", _E, "The file cannot be read."),
    Rule("PT010", _I, "A note without front matter is no customer."),
    Rule("PT011", _W, "A sync program's conflict copy is no customer."),
    Rule("PT101", _W, "A field's name is almost one that means something."),
    Rule("PT102", _W, "A date is not a day of the calendar, or not written YYYY-MM-DD."),
    Rule("PT103", _W, "A date can be read in two ways."),
    Rule("PT104", _W, "A cadence is not understood."),
    Rule("PT105", _W, "A value has the wrong shape or is none of those allowed."),
    Rule("PT106", _W, "An amount of money is not understood."),
    Rule("PT107", _W, "` #` cuts the value short: YAML takes the rest for a comment."),
    Rule("PT108", _E, "An id holds characters that an id must not have, or is too long."),
    Rule("PT109", _W, "A time zone is not known."),
    Rule("PT110", _I, "A phone number stands without quotes, which other programs misread."),
    Rule("PT111", _I, "A file has no `id`, so it should not be renamed by hand.", opt_in=True),
    Rule("PT112", _W, "A day that cannot be: after today, too long ago, or before another it must follow."),
    Rule("PT113", _W, "A cadence has no effect, or is too long or too short to be meant."),
    Rule("PT114", _W, "A follow-up is open, though `do_not_contact` is true."),
    Rule("PT115", _W, "A former customer's file does not say since when."),
    Rule("PT116", _W, "`mute` names something that nothing is planned for."),
    Rule("PT201", _W, "A log entry begins with a date and does not fit the form."),
    Rule("PT202", _W, "A log entry names a channel that is not known."),
    Rule("PT203", _W, "A log entry has a qualifier that is not known."),
    Rule("PT204", _W, "A log entry is dated after today, so it is no contact yet."),
    Rule("PT205", _W, "A line looks like a log entry and is none: no bullet, or no log heading above it."),
    Rule("PT206", _I, "The log entries are not in order."),
    Rule("PT301", _W, "A follow-up's date or interval is not understood."),
    Rule("PT401", _E, "Two files have one id."),
    Rule("PT402", _W, "A link leads nowhere, to no customer, or to more than one."),
    Rule("PT403", _W, "A tier is not in the configuration."),
    Rule("PT404", _W, "A status is not in the configuration."),
    Rule("PT405", _W, "A channel that a customer likes or does not like is not known."),
    Rule("PT406", _W, "An owner is not known."),
    Rule("PT407", _W, "Two customers may be one: more than their names says so."),
    Rule("PT501", _W, "The configuration has a key that means nothing."),
    Rule("PT502", _W, "A value of the configuration is not understood; the default is used."),
    Rule("PT504", _W, "A query of the configuration cannot be read."),
    Rule(
        "PT505", _W, "The configuration names a country, a channel, a folder or a template that is not known."
    ),
    Rule("PT506", _I, "The vault has no `id`, so its events may pass for another vault's.", opt_in=True),
    Rule("PT701", _W, "A template asks for what there is not, or cannot be read."),
)

_BY_CODE = {rule.code: rule for rule in RULES}
CODES = frozenset(_BY_CODE)
USUAL = frozenset(rule.code for rule in RULES if not rule.opt_in)
ERRORS = frozenset(rule.code for rule in RULES if rule.severity is Severity.ERROR)


class Fix(NamedTuple):
    """An edit of the file's text that puts a problem right, under the name a person reads.

    A `safe` one keeps the meaning, or gives the only one there can be; any other is a good guess.
    """

    label: str
    edit: Edit
    safe: bool

    def moved(self, by: int) -> Fix:
        """The same fix `by` characters further on."""
        start, end = self.edit.span
        return self._replace(edit=Edit(Span(start + by, end + by), self.edit.text))


def rewrite(old: str, new: str, *, safe: bool = False) -> Fix:
    """The fix that puts `new` in the place of the whole text `old`."""
    return Fix(f"Write {new}", Edit(Span(0, len(old)), new), safe)


class Diagnostic(NamedTuple):
    """One problem in one file. `line` and `column` count from 1; `hint` says what to do next.

    `detail` shows more, on lines of its own. `fix` is an edit of the text the problem was found in.
    """

    code: str
    path: str
    line: int
    column: int
    message: str
    hint: str = ""
    detail: str = ""
    fix: Fix | None = None

    @property
    def severity(self) -> Severity:
        """How bad it is, by its code."""
        return _BY_CODE[self.code].severity


class Problem(NamedTuple):
    """Why a value cannot be used, before anyone knows where it stands.

    The place of `fix` counts from the start of the value's text.
    """

    code: str
    message: str
    hint: str = ""
    fix: Fix | None = None

    def moved(self, by: int) -> Problem:
        """The same problem of a longer text, in which the value stands at `by`."""
        return self._replace(fix=self.fix and self.fix.moved(by))
