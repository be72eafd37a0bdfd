"""Templates in a small part of Jinja's language (`jinja_tree`), filled in: nothing in them can run. Pure.

Nothing is looked up but members of the values, there are no functions, and what is made is counted. Jinja's sandbox
stands behind that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ptcrm.text.jinja_tree import FILTERS, Mistake, Record, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from babel import Locale

GAP = "…"  # stands where a value would, and there is none
MOST = 64 * 1024  # characters that a template and its filters may make
_WHOLE = {"en": "en_GB"}  # for the order of day and month, where the language alone says another


class Filled(NamedTuple):
    """What a template gives, and the names of those values that it asks for and are not there."""

    text: str
    gaps: tuple[str, ...]


def mistake_in(text: str, known: Record) -> Mistake | None:
    """The first mistake in a template that may ask for the members of `known`; None if there is none."""
    tree = read(_Environment(""), text, known)
    return tree if isinstance(tree, Mistake) else None


def names_in(text: str, known: Record) -> set[str]:
    """The names that a template asks for, without their members (`item`, not `title`); none of one with a mistake."""
    tree = read(_Environment(""), text, known)
    return set() if isinstance(tree, Mistake) else find_undeclared_variables(tree)


def filled(text: str, known: Record, values: Mapping[str, object], language: str) -> Filled | Mistake:
    """The template with `values`, which are as `known` says: text, whole numbers, days, tuples, and mappings of these.

    A value that is missing or None, or an empty text, is a gap. `language` is that of days (`pl`).
    """
    environment = _Environment(language)
    tree = read(environment, text, known)
    if isinstance(tree, Mistake):
        return tree
    template = environment.from_string(tree)
    parts = template.root_render_func(template.new_context(dict(values)))
    found: list[str] = []
    try:
        for part in parts:
            found.append(part)
            environment.spend(len(part))
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the template's
        line = template.get_corresponding_lineno(_line_of(error, parts))
        why = str(error) if isinstance(error, _TooMuchError) else "these values cannot be compared"
        return Mistake(line, 1, why)
    return Filled("".join(found), tuple(dict.fromkeys(environment.gaps)))


def _line_of(error: BaseException, parts: Any) -> int:  # noqa: ANN401  # a generator's frame
    """The line of the code made of a template in which it stopped."""
    if parts.gi_frame:
        return int(parts.gi_frame.f_lineno)
    step = error.__traceback__
    while step and step.tb_frame.f_code is not parts.gi_code:
        step = step.tb_next
    return step.tb_lineno if step else 1


class _TooMuchError(Exception):
    """A template makes more of its values than any message holds."""


class _Missing(Undefined):
    """A value that is not there: no comparison holds, and nothing stands in it."""

    __slots__ = ()

    def _no(self, _: object) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _no  # type: ignore[assignment]  # Jinja's own raise

    @property
    def name(self) -> str:
        return str(self._undefined_name)


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja with nothing in it but FILTERS, and with no way from a value to anything but its members."""

    def __init__(self, language: str) -> None:
        super().__init__(
            undefined=_Missing, trim_blocks=True, lstrip_blocks=True, cache_size=0, optimized=False
        )
        self.finalize = self._shown
        self.globals, self.tests, self.filters = {}, {}, {}
        for name in FILTERS:
            self.filters[name] = self._metered(getattr(self, f"_{name}"))
        self.language, self.gaps, self.left = language, list[str](), MOST

    def spend(self, count: int) -> None:
        """Count characters that were made; raises `_TooMuchError`."""
        self.left -= count
        if self.left < 0:
            raise _TooMuchError(f"more than {MOST:,} characters come of this template")

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401
        """The member of a mapping, and nothing of any other value."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401
        """The member of a mapping or tuple; `_Missing` if there is none."""
        value = None
        if isinstance(obj, Mapping):
            value = obj.get(argument)
        elif isinstance(obj, tuple) and isinstance(argument, (int, slice)):
            value = obj[argument] if isinstance(argument, slice) or -len(obj) <= argument < len(obj) else None
        if value is not None and value != "":
            return value
        return _Missing(name=f"{obj.name}.{argument}" if isinstance(obj, _Missing) else str(argument))

    def _shown(self, value: object) -> str:
        if isinstance(value, _Missing):
            self.gaps.append(value.name)
            return GAP
        return str(value)

    def _metered(self, function: Callable[..., object]) -> Callable[..., object]:
        """The filter, with what it gives counted: it may stand in a loop and print nothing."""

        def call(value: object, *words: str) -> object:
            found = (
                value
                if isinstance(value, _Missing) and function != self._default
                else function(value, *words)
            )
            self.spend(1 + (len(found) if isinstance(found, str) else 0))
            return found

        return call

    def _day(self, value: date) -> str:
        from babel.dates import format_skeleton

        return format_skeleton("MMMMd", value, locale=_locale(self.language))

    def _year(self, value: date) -> str:
        return str(value.year)

    def _join(self, value: tuple[object, ...], between: str = ", ") -> str:
        self.spend(len(value) * len(between))
        return between.join(map(str, value))

    def _default(self, value: object, words: str) -> object:
        return words if isinstance(value, _Missing) else value

    def _capitalize(self, value: object) -> str:
        text = str(value)
        return text[:1].upper() + text[1:]


def _locale(language: str) -> Locale:
    """What is known of the language `pl` or `de-AT`; English, if nothing is."""
    from babel import Locale, UnknownLocaleError

    for words in (language.replace("-", "_"), language.partition("-")[0]):
        try:
            return Locale.parse(_WHOLE.get(words, words))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en_GB")
