"""Commands for whole files and the vault: init, add, edit."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ptcrm.cli.choosing import agrees, is_terminal, who_is_meant
from ptcrm.cli.editor import edit_files
from ptcrm.cli.git_setup import attributes, is_in_repository, set_up
from ptcrm.cli.options import Session, pass_session, state_folder, who_argument, writing
from ptcrm.cli.output import say, say_diff, tell
from ptcrm.errors import RefusedError, UsageError
from ptcrm.model.change import Create, Operation
from ptcrm.model.config import Config
from ptcrm.model.diagnostic import Problem, Severity
from ptcrm.model.typed import plain
from ptcrm.text.words import plural
from ptcrm.vault.fields import new_customer
from ptcrm.vault.schema import BY_NAME, FIELDS, Field, values_for
from ptcrm.vault.store import CONFIG_NAME
from ptcrm.vault.templates import FOLDER
from ptcrm.views.writing import known_word

if TYPE_CHECKING:
    from collections.abc import Callable

_CONFIG = """\
# The vault's settings. Every line may go: what is not said here has a default (docs/configuration.md).
format: 1
id: {id}        # tells this vault's events from those of others; leave it as it is
start: {today}           # silence before this day is nobody's fault
{timezone}default_cadence: 6 weeks    # for customers without a tier or a cadence of their own
tiers:                      # in order of rank
  gold:   {{cadence: 3 weeks}}
  silver: {{cadence: 6 weeks}}
  bronze: {{cadence: 3 months}}
"""


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=".")
@click.option("--templates", is_flag=True, help="With drafts of messages; in a vault, those that it lacks.")
@writing
def init_command(session: Session, folder: str, templates: bool) -> None:
    """Make a new vault here, or in DIR.

    Its .gitattributes has git merge customers' files by ptcrm, once `ptcrm git setup` has been run.

    \b
    Examples:
      ptcrm init ~/customers
      cd ~/customers && ptcrm init
      ptcrm init ~/customers --templates
    """
    from ptcrm.workspace import begin_vault
    from ptcrm.workspace.clock import system_today

    root = Path(folder).expanduser()
    drafts = _missing_templates(root) if templates else ()
    if (root / CONFIG_NAME).exists():
        if not templates:
            raise RefusedError(
                f"{root / CONFIG_NAME} is there already; this is a vault. Nothing was written."
            )
        _add_templates(session, root, drafts)
        return
    zone = _system_zone()
    timezone = f"timezone: {zone}\n" if zone else "# timezone: Europe/Warsaw\n"
    today = session.today or system_today()
    content = _CONFIG.format(id=secrets.token_hex(8), today=today, timezone=timezone).encode()
    shared = attributes(root, Config().customers)
    operation = Operation(
        "init", (Create(CONFIG_NAME, content), *drafts, *(shared.changes if shared else ()))
    )
    if session.dry_run:
        say_diff(operation)
        return
    try:
        (root / "customers").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusedError(f"{root}: no vault can be made there: {error.strerror}") from error
    begin_vault(root, operation, today, state_folder())
    say(f"{root / CONFIG_NAME} written; customers go into {root / 'customers'}.")
    if drafts:
        _say_templates(drafts)
    where = "" if folder == "." else f"cd {folder} && "
    if is_in_repository(root):
        _offer_git(root, where)
    tell(f'Next: {where}ptcrm add "Anna Kowalska" --tier gold --birthday 1984-05-17')


def _missing_templates(root: Path) -> tuple[Create, ...]:
    """The drafts of messages that come with the package, without those whose names are taken."""
    home = Path(__file__).parent.parent / FOLDER
    found = ((f"{FOLDER}{one.name}", one.read_bytes()) for one in sorted(home.glob("*.md")))
    return tuple(Create(path, content) for path, content in found if not os.path.lexists(root / path))


def _add_templates(session: Session, root: Path, drafts: tuple[Create, ...]) -> None:
    """Write the templates into a vault."""
    session.vault = str(root)
    if not drafts:
        say("All templates are there already.")
    elif session.apply(Operation("init --templates", drafts)):
        _say_templates(drafts)


def _say_templates(drafts: tuple[Create, ...]) -> None:
    say(f"{plural(len(drafts), 'template')} written; see `ptcrm draft --list`.")


def _offer_git(root: Path, where: str) -> None:
    """Register ptcrm with git if somebody at a terminal says so; else say how that is done."""
    if is_terminal() and agrees(
        "Have git merge customers' files by ptcrm (`ptcrm git setup`)?", usually=True
    ):
        set_up(root.absolute(), Config().customers)
    else:
        tell(f"To have git merge customers' files by ptcrm: {where}ptcrm git setup")


def _system_zone() -> str | None:
    """The name of the system's time zone, if the system says it."""
    from ptcrm.model.values import parse_zone

    link = os.path.realpath("/etc/localtime").replace("\\", "/")
    name = os.environ.get("TZ") or link.rpartition("/zoneinfo/")[2]
    is_place = "/" in name and not name.startswith(("/", "Etc/"))
    return name if is_place and not isinstance(parse_zone(name), Problem) else None


def _field_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """An option for every field but the name, from the table of fields."""
    for field in reversed(FIELDS):
        if field.name == "name":
            continue
        flag = f"--{(_one(field.name) if field.many else field.name).replace('_', '-')}"
        command = click.option(
            flag, field.name, multiple=field.many, metavar="VALUE", help=f"{field.meaning}."
        )(command)
    return command


def _one(name: str) -> str:
    """The singular of a list field's name, for an option that is given once for each member."""
    return {"aliases": "alias", "addresses": "address"}.get(name, name.removesuffix("s"))


@click.command("add")
@click.argument("name", metavar="NAME", nargs=-1, required=True)
@_field_options
@writing
def add_command(session: Session, /, name: tuple[str, ...], **given: str | tuple[str, ...] | None) -> None:
    """Add a customer: a new file with the fields given.

    \b
    Examples:
      ptcrm add "Anna Kowalska" --tier gold --birthday 1984-05-17
      ptcrm add "Rowery Kowalska" --kind company
      ptcrm add Jan Nowak --company rowery-kowalska --email jan@rowery.example
    """
    workspace = session.workspace()
    words = plain(" ".join(name))
    if not words:
        raise UsageError("A customer needs a name.")
    values: dict[str, list[str]] = {"name": [words]}
    for field, texts in _given(given):
        found = values_for(field, texts, workspace.today, workspace.index.link)
        if isinstance(found, Problem):
            raise UsageError(f"--{field.name.replace('_', '-')}: {found.message}. {found.hint}".strip())
        known_word(workspace, field, found)
        values[field.name] = found
    namesakes = [one for one in workspace.index.find(words) if one.name == words]
    path, content = new_customer(values, workspace.config.customers[0], workspace.index.is_taken)
    if not session.apply(Operation(f"add {words}", (Create(path, content),))):
        return
    say(f"{path} written.")
    for one in namesakes:
        tell(f"There is another {one.name}: {one.path}")


def _given(given: dict[str, str | tuple[str, ...] | None]) -> list[tuple[Field, list[str]]]:
    """The options that were given, with their values as a list."""
    found = []
    for name, value in given.items():
        texts = list(value) if isinstance(value, tuple) else [value] if value is not None else []
        if texts:
            found.append((BY_NAME[name], [plain(text) for text in texts]))
    return found


@click.command("edit")
@who_argument
@pass_session
def edit_command(session: Session, who: tuple[str, ...]) -> None:
    """Open a customer's file in your editor, and check it afterwards.

    A file with errors is found by its name.

    \b
    Example:
      ptcrm edit anna
    """
    workspace = session.workspace(quiet=True)
    path = workspace.broken_path(" ".join(who)) or who_is_meant(session, who).path
    found = edit_files(workspace, [path])
    if any(one.severity is Severity.ERROR for one in found):
        stem = path.rpartition("/")[2].removesuffix(".md")
        tell(f"Correct it with `ptcrm edit {stem}`: a file with errors is not read in whole.")
        raise click.exceptions.Exit(1)
