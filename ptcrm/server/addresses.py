"""The addresses of feeds: what stands before them (`Base`), how they are put together, what to say of them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ptcrm.model.diagnostic import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEFAULT_PORT = 8137
LONGEST = 116  # characters; Google is said to cut what is longer (CALENDAR 23)
_LABELS = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True, slots=True)
class Base:
    """What stands before `/feeds/` in an address.

    `scheme` is http or https; `host` as apps send it (lower case, without brackets); `port` if it is named;
    `prefix` under what path a proxy shows the server, such as `/ptcrm`.
    """

    scheme: str
    host: str
    port: int | None = None
    prefix: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.prefix}"

    @property
    def is_local(self) -> bool:
        """Whether the address means the device itself, so that no other device can use it."""
        return self.host == "localhost" or is_loopback(self.host)


DEFAULT = Base("http", "127.0.0.1", DEFAULT_PORT)


def is_loopback(host: str) -> bool:
    """Whether `host` is an IP address that only the same machine reaches."""
    address = ip_address(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return address is not None and (mapped or address).is_loopback


def ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """`host` as an IP address; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def read_base(text: str) -> Base | Problem:
    """The base that a person gave, without a `/` at its end; a name in other letters as it is looked up."""
    if not text.isprintable() or " " in text or "\\" in text:
        return _odd("an address has no blanks")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return _odd(f"“{text}” is no address")
    if parts.scheme not in ("http", "https"):
        return _odd(f"“{text}” does not begin with http:// or https://")
    if "@" in parts.netloc:
        return _odd("an address with a user's name or password is not taken: the apps would show it")
    if "?" in text or "#" in text:
        return _odd("nothing with ? or # may stand in the address: the feed's own path comes behind it")
    host = _host(parts.hostname or "")
    prefix = parts.path.rstrip("/")
    if host is None:
        return _odd(f"“{parts.hostname or ''}” is no name of a machine")
    if not _PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/")):
        return _odd(f"“{prefix}” is no plain path")
    return Base(parts.scheme, host, port, prefix)


def _odd(message: str) -> Problem:
    return Problem(
        "PT105", message, "Write it as in https://calendar.example.org or https://example.org/ptcrm."
    )


def _host(text: str) -> str | None:
    """A host's name or IP address as it is looked up and sent; None if it can be neither."""
    address = ip_address(text)
    if address is not None:
        return address.compressed
    try:
        name = text.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    return name if _LABELS.fullmatch(name) else None


def feed_address(base: Base, token: str, name: str) -> str:
    """The address of a feed: ASCII, with every other letter percent-encoded."""
    return f"{base}/feeds/{token}/{quote(name, safe='')}.ics"


def feed_addresses(base: Base, tokens: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The address of each feed of `names`, all of which have a token."""
    return {name: feed_address(base, tokens[name], name) for name in names}


def as_webcal(address: str) -> str:
    """The address with webcal://, on which many apps offer to subscribe; they fetch by http or https."""
    return f"webcal://{address.partition('://')[2]}"


def too_long(address: str) -> str | None:
    """What to say of an address that Google may not take (CALENDAR 23); None if there is nothing to say."""
    if len(address) <= LONGEST:
        return None
    return (
        f"This address has {len(address)} characters, and Google is said to take {LONGEST}: give the feed a "
        f"shorter name, or the server a shorter --url. {address}"
    )


def shown(addresses: Mapping[str, str]) -> list[str]:
    """The feeds and their addresses in lines: http first, since every app takes it, then webcal (CALENDAR 24)."""
    return [
        line
        for name, address in addresses.items()
        for line in (name, f"  {address}", f"  {as_webcal(address)}")
    ]
