"""The secret part of each feed's address: one file for each vault, in the user's configuration.

The file holds the last address of the server too, so that `ptcrm feed url` prints what works. Whoever
writes holds a lock, reads anew, and replaces the file whole; so two processes at once lose nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ptcrm.errors import BusyError, PtcrmError
from ptcrm.server.addresses import Base, read_base
from ptcrm.vault.journal import take_lock
from ptcrm.vault.places import place_of
from ptcrm.vault.replace import fill, sync_folder
from ptcrm.vault.store import read_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

TOKEN_BYTES = 16  # 128 bits (CALENDAR 23)
_TOKEN = re.compile("[A-Za-z0-9_-]{22,64}")
_WAIT_SECONDS, _POLL_SECONDS = 10.0, 0.01
_FOR_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Tokens:
    """The token of each feed, by its name, and the base of the address that `serve` had last."""

    by_feed: Mapping[str, str] = field(default_factory=dict)
    base: Base | None = None


class TokenFile:
    """The tokens of the vault at `root`, below the user's configuration folder; `tell` is for what people must know.

    Every method raises `PtcrmError` if the file is damaged or cannot be read or written.
    """

    def __init__(self, config_folder: Path, root: Path, tell: Callable[[str], None]) -> None:
        self.path = (config_folder / "feeds" / f"{place_of(root)}.json").resolve()
        self._tell = tell
        self._seen: tuple[int, int, int] | None = None
        self._last = Tokens()
        self._said = ""

    def read(self) -> Tokens:
        """What the file holds; nothing if there is none yet. A file that others may read is closed to them."""
        try:
            self._tighten(self.path, 0o600)
            return _parsed(read_regular(self.path))
        except FileNotFoundError:
            return Tokens()
        except OSError as error:
            raise self._unusable(error) from error
        except (ValueError, RecursionError) as error:
            raise PtcrmError(
                f"{self.path}: the secret parts of your feeds' addresses are kept there, and the file is "
                "damaged. Put it back from a backup. Or delete it: every feed then gets a new address, and "
                "every app must subscribe anew."
            ) from error

    def current(self) -> Tokens:
        """What the file holds now, read only if it is another than last time; for each request.

        A file that is gone or damaged meanwhile changes nothing, and is told once: no address dies by accident.
        """
        try:
            found = self.path.stat()
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            if seen != self._seen:
                self._last, self._seen, self._said = self.read(), seen, ""
        except (OSError, PtcrmError) as error:
            said = f"{error} Until then the addresses stay as they were."
            if said != self._said:
                self._said = said
                self._tell(said)
        return self._last

    def ensure(self, names: Iterable[str]) -> Tokens:
        """The tokens, of which every feed of `names` has one now."""
        return self._change(lambda old: {name: old.get(name) or _new() for name in names})

    def rotate(self, names: Iterable[str]) -> Tokens:
        """The tokens, with new ones for the feeds of `names`: their old addresses lead nowhere from now on."""
        return self._change(lambda _: {name: _new() for name in names})

    def keep_base(self, base: Base) -> Tokens:
        """The tokens, with `base` as what stands before the addresses."""
        return self._change(lambda _: {}, base)

    def _change(
        self, change: Callable[[Mapping[str, str]], dict[str, str]], base: Base | None = None
    ) -> Tokens:
        with self._alone():
            old = self.read()
            new = replace(old, by_feed={**old.by_feed, **change(old.by_feed)}, base=base or old.base)
            if new != old:
                self._write(new)
            return new

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Alone among the processes that write this file; raises `BusyError` after a while."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._tighten(self.path.parent, 0o700)
            handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unusable(error) from error
        try:
            wait = _WAIT_SECONDS
            while not take_lock(handle):
                wait -= _POLL_SECONDS
                if wait <= 0:
                    raise BusyError(f"{self.path}: another ptcrm is writing it. Try again.")
                time.sleep(_POLL_SECONDS)
            yield
        finally:
            os.close(handle)  # which ends the lock

    def _write(self, tokens: Tokens) -> None:
        base = None if tokens.base is None else str(tokens.base)
        plain = {"address": base, "feeds": dict(sorted(tokens.by_feed.items()))}
        text = json.dumps(plain, ensure_ascii=False, indent=2) + "\n"
        temporary = self.path.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            fill(temporary, text.encode(), mode=0o600)
            temporary.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise self._unusable(error) from error

    def _tighten(self, path: Path, mode: int) -> None:
        """Close `path` to other users of the machine, and say so if it was open; raises OSError."""
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & _FOR_OTHERS:
            path.chmod(mode)
            self._tell(
                f"{path}: other users of this machine could read it, and it holds secrets. It is closed to them now. "
                "If somebody may have seen it: ptcrm feed rotate --all"
            )

    def _unusable(self, error: OSError) -> PtcrmError:
        return PtcrmError(
            f"{self.path}: the secret parts of your feeds' addresses cannot be kept there ({error.strerror or error})."
        )


def _new() -> str:
    """A new token, which does not begin with a `-` that a command line would take for an option."""
    return next(one for one in iter(lambda: secrets.token_urlsafe(TOKEN_BYTES), "") if one[0] != "-")


def _parsed(content: bytes) -> Tokens:
    """The tokens in a file's bytes; raises ValueError unless all of it is as it was written."""
    plain: Any = json.loads(content.decode())
    if not isinstance(plain, dict) or not isinstance(plain.get("feeds"), dict):
        raise ValueError("no tokens")  # noqa: TRY004  # json's own error is a ValueError too
    tokens: dict[str, Any] = plain["feeds"]
    if not all(isinstance(token, str) and _TOKEN.fullmatch(token) for token in tokens.values()):
        raise ValueError("no token")
    address = plain.get("address")
    base = read_base(address) if isinstance(address, str) else None
    return Tokens(tokens, base if isinstance(base, Base) else None)
