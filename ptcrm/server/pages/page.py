"""What a page is made of: what was asked, the answer, and the templates that make HTML of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ptcrm import __version__
from ptcrm.model.change import Create, Write, paths_of
from ptcrm.model.dates import long_day, near_day, weekday_name
from ptcrm.server.changes import Changes
from ptcrm.server.tokens import TokenFile
from ptcrm.text.safe import for_terminal
from ptcrm.text.words import few, plural

if TYPE_CHECKING:
    from ptcrm.model.change import Operation
    from ptcrm.workspace import Workspace

FOLDER = Path(__file__).parent
# The pages that the head of each page leads to: address, name, and the key behind `g`.
MENU = (
    ("/", "Today", "t"),
    ("/customers", "Customers", "c"),
    ("/agenda", "Agenda", "a"),
    ("/review", "Review", "r"),
    ("/problems", "Problems", "p"),
    ("/feeds", "Feeds", "f"),
)
_MOST_FIELDS = 100


class Verbatim(str):
    """Text that stands in a form to the letter, because it comes back: what is edited, and the names of things."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Front:
    """How the pages were asked for, and what else the server has.

    Without anything that writes; with a link to an editor (`{path}` is the file); the tokens of the feeds; the changes
    that open pages are told of.
    """

    read_only: bool = False
    editor_link: str | None = None
    tokens: TokenFile | None = None
    changes: Changes = field(default_factory=Changes)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser asks: names from the `path`, the `query` of the address, and the `form` that was sent.

    `here` is the address, path and query, to which a form may lead back; `mark` the moment of the asking.
    """

    here: str = "/"
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    front: Front = field(default_factory=Front)
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A template with its values."""

    template: str
    values: Mapping[str, object]
    status: int = 200


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """To be looked at at another address: what follows a form that was sent (303)."""

    to: str


@dataclass(frozen=True, slots=True)
class Written:
    """What the operation that a page has just made has done, for the line that says so.

    `number` is that of the operation, `place` where the first change stands; `undoes` is true for one that took
    another back, and `is_undone` for one that was.
    """

    number: int
    label: str
    place: str
    undoes: bool
    is_undone: bool


def fields_of(encoded: str) -> dict[str, str]:
    """The fields of a query or an urlencoded form; of a name that comes twice the last. Nothing of one with too many."""
    try:
        return dict(parse_qsl(encoded, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}


def address(path: str, **query: object) -> str:
    """The address of a page with this query; what is empty is left out."""
    encoded = urlencode({name: value for name, value in query.items() if value not in (None, "")})
    return f"{path}?{encoded}" if encoded else path


def customer_address(id_: str, then: str = "") -> str:
    """The page of a customer, or what stands below it: `edit`, `log`."""
    return f"/customers/{quote(id_, safe='')}{f'/{then}' if then else ''}"


def editor_link(workspace: Workspace, front: Front, path: str) -> str | None:
    """The link that opens the file at `path` of the vault in the person's editor; None if no editor was named."""
    if front.editor_link is None:
        return None
    whole = (workspace.root / path).as_posix()
    return front.editor_link.replace(
        "{path}", quote(whole if whole.startswith("/") else f"/{whole}", safe="/:")
    )


def back_to(asked: Asked, number: int | None = None) -> Elsewhere:
    """Where the person was when a form was sent, with the number of the operation that was made (0: none was needed)."""
    parts = urlsplit(asked.form.get("back", "/"))
    is_ours = (
        not parts.scheme and not parts.netloc and parts.path.startswith("/") and parts.path.isprintable()
    )
    path = quote(parts.path, safe="/%~") if is_ours and "\\" not in parts.path else "/"
    query = {name: value for name, value in fields_of(parts.query).items() if name != "done"}
    return Elsewhere(address(path, **query, done=number))


# HTML


def rendered(page: Page, workspace: Workspace | None, asked: Asked) -> str:
    """The page as HTML; without a workspace, one that says why there is none."""
    values = {
        "front": asked.front,
        "here": asked.here,
        "mark": asked.mark if page.status == 200 else "",
        "menu": MENU,
        "version": __version__,
        "today": workspace.today if workspace else None,
        "vault": workspace.root.name if workspace else "ptcrm",
        "written": _written(workspace, asked.query.get("done", "")) if workspace else None,
        "place": str(workspace.root) if workspace else "",
        "nothing_written": asked.query.get("done") == "0",
        "q": "",
    }
    return _TEMPLATES.get_template(page.template).render({**values, **page.values})


def _written(workspace: Workspace, number: str) -> Written | None:
    """What the operation of this number did; None if there is none."""
    from ptcrm.vault.undo import undone

    record = workspace.journal.record(int(number)) if re.fullmatch("[0-9]{1,9}", number) else None
    if record is None:
        return None
    is_undone = record.number in undone(workspace.journal)[1]
    return Written(
        record.number,
        record.operation.label,
        place_of(record.operation),
        record.undoes is not None,
        is_undone,
    )


def place_of(operation: Operation) -> str:
    """Where the first change of an operation stands (`customers/anna.md:17`), or the files that it changed."""
    paths = sorted(paths_of(operation))
    change = operation.changes[0]
    if len(paths) != 1 or not isinstance(change, Write):
        return few(paths) if not isinstance(change, Create) else paths[0]
    before, after = change.old.split(b"\n"), change.new.split(b"\n")
    same = next(
        (at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), None
    )
    return f"{change.path}:{(min(len(before), len(after)) if same is None else same) + 1}"


def _shown(value: object) -> object:
    """What goes into a page: nothing that reorders or hides what is read, whatever a file says."""
    if isinstance(value, (Markup, Verbatim)):
        return value
    return for_terminal(str(value)) if value is not None else ""


def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_shown,
    )
    found.globals.update(address=address, customer_address=customer_address, plural=plural)
    found.filters.update(near=near_day, long_day=long_day, weekday=weekday_name)
    return found


_TEMPLATES = _environment()
