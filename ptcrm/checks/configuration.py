"""What ptcrm.yaml says that cannot be read, or that nothing answers to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptcrm.model.config import channel_names
from ptcrm.model.diagnostic import Diagnostic
from ptcrm.query.configured import configured
from ptcrm.query.fields import vocabulary_of
from ptcrm.query.lexer import Flaw
from ptcrm.query.parser import pointed
from ptcrm.text.near import suggest
from ptcrm.vault.store import CONFIG_NAME
from ptcrm.vault.templates import FOLDER, variants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptcrm.checks.vault import Vault
    from ptcrm.model.config import Config

_TEMPLATE = re.compile(rf"{FOLDER}[^/]+\.md")


def unreadable_queries(vault: Vault) -> Iterator[Diagnostic]:
    """Queries in ptcrm.yaml that cannot be read, with a mark under the place."""
    queries = [one for one in configured(vault.config) if one.text]
    if not queries:
        return
    vocabulary = vocabulary_of(vault.config, {name for one in vault.customers for name, _ in one.own})
    for one in queries:
        flaw = one.read(vocabulary, vault.today)
        if isinstance(flaw, Flaw):
            message = f"{one.called} cannot be read: {flaw.message}"
            line = vault.config.line(*one.place)
            yield Diagnostic("PT504", CONFIG_NAME, line, 1, message, flaw.hint, pointed(one.text, flaw))


def unknown_words(vault: Vault) -> Iterator[Diagnostic]:
    """Countries without public holidays, folders and templates that are not there, and channels that are none."""
    config = vault.config
    given = config.customers if "customers" in config.lines else ()
    for folder in (one for one in vault.missing if one in given):
        hint = "Make it, or write the folder in which the customers are."
        yield _in_config(config, "customers", f"there is no folder “{folder}”", hint)
    if config.country and not vault.holidays:
        message = f"no public holidays are known for the country “{config.country}”"
        hint = "Write a code such as PL, or with the region DE-BE; or leave it out."
        yield _in_config(config, "country", message, hint)
    names = channel_names(config)
    for key, called, word in _channel_words(config):
        if word.casefold() not in names:
            hint = suggest(word, names) or f"Add {word} to channels:, or write one that is there."
            yield _in_config(config, key, f"{called} names “{word}”, which is no channel", hint)


def _channel_words(config: Config) -> Iterator[tuple[str, str, str]]:
    """Where ptcrm.yaml names a channel: the top-level key, what is said of it, and the word."""
    for name, tier in config.tiers.items():
        yield from (("tiers", f"the tier “{name}”", word) for word in tier.channels)
    for name, playbook in config.playbooks.items():
        words = [step.do for step in playbook.steps]
        words += [] if playbook.starts in ("since", "left") else [playbook.starts]
        yield from (("playbooks", f"the playbook “{name}”", word) for word in words)
    for name, campaign in config.campaigns.items():
        yield "campaigns", f"the campaign “{name}”", campaign.do


def lost_templates(vault: Vault) -> Iterator[Diagnostic]:
    """Templates that steps and campaigns name, and that are not in `templates/`."""
    config = vault.config
    named: list[tuple[tuple[str, ...], str, str]] = [
        (("playbooks", name, "steps", str(number)), f"the playbook “{name}”", step.template)
        for name, playbook in config.playbooks.items()
        for number, step in enumerate(playbook.steps, 1)
        if step.template
    ]
    named += [
        (("campaigns", name), f"the campaign “{name}”", one.template)
        for name, one in config.campaigns.items()
        if one.template
    ]
    if not named:
        return
    there = variants(path for path in sorted(vault.list_names()) if _TEMPLATE.fullmatch(path))
    for place, called, word in named:
        if word not in there:
            hint = suggest(word, there) or f"Write {FOLDER}{word}.md, or name one that is there."
            message = f"{called} names the template “{word}”, and there is no {FOLDER}{word}.md"
            yield Diagnostic("PT505", CONFIG_NAME, config.line(*place, "template"), 1, message, hint)


def nameless_vault(vault: Vault) -> Iterator[Diagnostic]:
    """A vault that nothing tells apart from another owner's (docs/calendar.md, CALENDAR 6)."""
    if vault.config.id is None:
        message = "this vault has no `id`, so its events may pass for those of another vault"
        yield Diagnostic("PT506", CONFIG_NAME, 1, 1, message, "Write `id:` and a name that nobody else has.")


def _in_config(config: Config, key: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic("PT505", CONFIG_NAME, config.lines.get(key, 1), 1, message, hint)
