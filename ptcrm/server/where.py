"""Where a server listens: sockets for a host and port, and the names and addresses by which it is reached."""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptcrm.errors import PtcrmError, UsageError
from ptcrm.server.addresses import DEFAULT_PORT, Base, ip_address, is_loopback
from ptcrm.server.hosts import Hosts, names_of_machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BACKLOG = 512
# Addresses for examples (RFC 5737, RFC 3849): the system chooses a way there, and nothing is sent.
_NOWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}


@dataclass(frozen=True, slots=True)
class Where:
    """Where a server listens, whether other machines may reach it, and its `url` outside, if that is another."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    public: bool = False
    url: Base | None = None


def reaches_others(sockets: Iterable[socket.socket]) -> bool:
    """Whether other machines can reach any of the sockets."""
    return not all(is_loopback(one.getsockname()[0]) for one in sockets)


def loopback_name(sockets: Iterable[socket.socket]) -> str | None:
    """What stands for this machine in an address of the `sockets`, in brackets if need be; None if nothing does."""
    listening = {one.getsockname()[0] for one in sockets}
    if listening & {"127.0.0.1", "0.0.0.0"}:  # noqa: S104  # it is read, not listened at
        return "127.0.0.1"
    return "[::1]" if listening & {"::1", "::"} else None


def bind(where: Where) -> list[socket.socket]:
    """Sockets that listen at every address of the host, all on one port.

    Raises `UsageError` if the host is not known, or if other machines could reach it without `public`;
    `PtcrmError` if the system does not let us.
    """
    addresses = _resolved(where)
    if not where.public and not all(is_loopback(address) for _, address in addresses):
        raise UsageError(
            f"{where.host}: other machines can reach that. To make your feeds readable for anyone there who "
            "knows their addresses, add --public. To keep them on this machine, leave --host away; a proxy on "
            "this machine reaches them too."
        )
    port, sockets = where.port, []
    failed: OSError | None = None
    for family, address in addresses:
        try:
            sockets.append(_listening(family, address, port))
            port = port or sockets[-1].getsockname()[1]
        except OSError as error:
            failed = error
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                break
    if failed is not None and (not sockets or failed.errno in (errno.EADDRINUSE, errno.EACCES)):
        for one in sockets:
            one.close()
        raise _unusable(where.host, port, failed) from failed
    return sockets


def _resolved(where: Where) -> list[tuple[int, str]]:
    """Family and address of everything that the host's name stands for."""
    if not where.host.strip():
        raise UsageError("--host needs a name or an address, such as 127.0.0.1")
    try:
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{where.host}: this is no name or address of a machine") from error
    return list(dict.fromkeys((int(family), str(place[0])) for family, _, _, _, place in found))


def _listening(family: int, address: str, port: int) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:  # there it would let two servers share a port
            one.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", -5), 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((address, port))
        one.listen(_BACKLOG)
        one.setblocking(False)  # noqa: FBT003  # socket's own
    except BaseException:
        one.close()
        raise
    return one


def _unusable(host: str, port: int, error: OSError) -> PtcrmError:
    """The error when a socket cannot be had, with what to do."""
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else DEFAULT_PORT
        return PtcrmError(
            f"Port {port} is in use, perhaps by another `ptcrm serve`. End that one, or take another port: "
            f"ptcrm serve --port {other}"
        )
    if error.errno == errno.EACCES:
        return PtcrmError(
            f"Port {port} may not be used by you ({error.strerror}). Take one above 1023: "
            f"ptcrm serve --port {DEFAULT_PORT}"
        )
    return PtcrmError(f"{host}: this machine cannot listen there ({error.strerror or error}).")


def base_of(where: Where, sockets: Sequence[socket.socket]) -> Base:
    """What stands before the addresses of a server that listens on `sockets`."""
    if where.url is not None:
        return where.url
    host, port = where.host.lower(), sockets[0].getsockname()[1]
    address = ip_address(host)
    if address is not None and address.is_unspecified:
        host = _own_address(sockets[0].family) or socket.gethostname().lower()
    elif address is not None:
        host = address.compressed
    return Base("http", host, port)


def _own_address(family: int) -> str | None:
    """The machine's address in its network, as the system would choose it; None without a network."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as one:
            one.connect((_NOWHERE[socket.AddressFamily(family)], 9))
            return str(one.getsockname()[0])
    except OSError:
        return None


def hosts_of(where: Where, sockets: Iterable[socket.socket]) -> Hosts:
    """The names that a server at `where` answers to."""
    names = [where.host, *(one.getsockname()[0] for one in sockets)]
    if where.url is not None:
        names.append(where.url.host)
    if where.public:
        names.extend(names_of_machine(socket.gethostname()))
    prefix = where.url.prefix if where.url else ""
    return Hosts.of(names, any_address=where.public, prefix=prefix)
