"""By which names a server may be asked: an exact list, so that no web page reaches it under a name of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.server.addresses import ip_address

if TYPE_CHECKING:
    from collections.abc import Iterable

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[^:\[\]\s/@]+))(?::[0-9]{0,5})?")


@dataclass(frozen=True, slots=True)
class Hosts:
    """The `names` that are answered to, on any port; with `any_address` also every IP address.

    `prefix` is what a proxy may leave before every path, such as `/ptcrm`.
    """

    names: frozenset[str]
    any_address: bool = False
    prefix: str = ""

    @classmethod
    def of(cls, names: Iterable[str] = (), *, any_address: bool = False, prefix: str = "") -> Hosts:
        """The loopback names and `names`."""
        return cls(frozenset(_plain(name) for name in (*LOOPBACK, *names)), any_address, prefix)

    def __contains__(self, header: str) -> bool:
        """Whether the value of a Host header is one of them."""
        found = _HOST.fullmatch(header)
        if found is None:
            return False
        host = _plain(found["six"] or found["name"])
        return host in self.names or (self.any_address and ip_address(host) is not None)


def names_of_machine(name: str) -> tuple[str, ...]:
    """The names under which a machine called `name` is known in its network."""
    first = name.partition(".")[0]
    return (name, first, f"{first}.local")


def _plain(host: str) -> str:
    address = ip_address(host)
    return host.lower().removesuffix(".") if address is None else address.compressed
