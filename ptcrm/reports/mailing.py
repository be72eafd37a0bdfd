"""A mailing to all whom a query finds: who gets it where, how each is addressed, and who is left out and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.model.config import channel_names
from ptcrm.model.customer import Customer
from ptcrm.reports.campaign import place_of
from ptcrm.schedule.channel import needs, unwanted, ways
from ptcrm.text.fold import fold, same_id
from ptcrm.vault.match import bare_address, email_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from ptcrm.model.config import Config

SALUTATION = "salutation"  # the user's own field, which says it all
# A greeting that tells nothing of sex, rank or closeness, with the name behind it.
_GREETINGS = {
    "en": "Hello",
    "de": "Guten Tag",
    "fr": "Bonjour",
    "it": "Buongiorno",
    "es": "Buenos días",
    "pt": "Bom dia",
    "nl": "Goedendag",
    "da": "Goddag",
    "sv": "God dag",
    "nb": "God dag",
    "no": "God dag",
    "fi": "Hyvää päivää",
}
# In these languages a name that is called has another form, which the file does not know.
_WITHOUT_NAME = {
    "pl": "Dzień dobry",
    "cs": "Dobrý den",
    "sk": "Dobrý deň",
    "uk": "Добрий день",
    "bg": "Добър ден",
    "hr": "Dobar dan",
    "sr": "Добар дан",
    "lt": "Laba diena",
    "lv": "Labdien",
    "el": "Καλημέρα",
    "ro": "Bună ziua",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One piece of a mailing: the `people` whom it goes to, who share the `place`."""

    people: tuple[Customer, ...]
    place: str

    @property
    def name(self) -> str:
        """The names of all, as they stand on a letter."""
        return ", ".join(one.name for one in self.people)

    @property
    def salutation(self) -> str:
        """How the letter begins: each one's own words; else one greeting for all who share a language."""
        own = [dict(one.own).get(SALUTATION, "") for one in self.people]
        if not any(own) and len({_language(one.language) for one in self.people}) == 1:
            return greeting(self.people[0].language, self.name)
        greetings = (greeting(one.language, one.name) for one in self.people)
        return ", ".join(word or usual for word, usual in zip(own, greetings, strict=True))


@dataclass(frozen=True, slots=True)
class MailingList:
    """Who gets a mailing by the `channel`, by name, and who is left out with the reason."""

    channel: str
    letters: tuple[Letter, ...]
    left_out: tuple[tuple[Customer, str], ...]

    @property
    def people(self) -> int:
        """How many it reaches."""
        return sum(len(one.people) for one in self.letters)


def mailing_list(
    found: Iterable[Customer], channel: str, config: Config, today: date, *, each: bool
) -> MailingList:
    """The mailing to those `found`. One place gets one letter, unless `each` is to have one."""
    ordered = sorted(found, key=lambda one: (fold(one.name), one.path))
    together: dict[str, list[Customer]] = {}
    left_out = []
    for number, one in enumerate(ordered):
        place = _place(one, channel)
        why = _objection(one, channel, config, today) or ("" if place else f"no {needs(channel)}")
        if why or place is None:
            left_out.append((one, why))
        else:
            together.setdefault(f"{number}" if each else _same_place(place, channel), []).append(one)
    letters = [Letter(tuple(people), _place(people[0], channel) or "") for people in together.values()]
    return MailingList(channel, tuple(letters), tuple(left_out))


def _objection(one: Customer, channel: str, config: Config, today: date) -> str:
    """Why somebody does not want this mailing, or any just now."""
    if one.do_not_contact:
        return "do not contact"
    if way := unwanted(one, channel, config):
        return f"avoids {way}"
    names = [word for word, meant in channel_names(config).items() if meant in ways(channel)]
    if one.mutes(*names, "mailing", "mailings"):
        return f"mutes {channel}"
    return f"muted until {one.mute_until}" if one.mute_until and one.mute_until > today else ""


def _place(one: Customer, channel: str) -> str | None:
    """Where the channel reaches somebody; an e-mail address without the name that may stand before it."""
    place = place_of(one, channel)
    return bare_address(place) if place and needs(channel) == "e-mail address" else place


def _same_place(place: str, channel: str) -> str:
    """A place as it is compared: an e-mail address as the mailbox that it means."""
    if needs(channel) == "e-mail address":
        return email_key(place)
    return " ".join(same_id(place).replace(",", " ").split())


def _language(words: str | None) -> str:
    return (words or "").casefold().replace("_", "-").partition("-")[0]


def greeting(language: str | None, name: str) -> str:
    """The greeting in a language (`de`, `de-AT`); without one that is known here, the name alone."""
    alone = _WITHOUT_NAME.get(_language(language))
    return alone or f"{_GREETINGS.get(_language(language), '')} {name}".strip()
