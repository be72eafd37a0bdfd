"""Where what is remembered of a vault is kept, and under which stamp; imports little, since every command begins here."""

from __future__ import annotations

import hashlib
import os
import sys

from ptcrm import TYPE_CHECKING, __version__

if TYPE_CHECKING:
    from pathlib import Path

ROWS_VERSION = "24"  # raised when rows are laid out or worked out differently
_ON_LINUX = {
    "cache": ("XDG_CACHE_HOME", "~/.cache"),
    "config": ("XDG_CONFIG_HOME", "~/.config"),
    "state": ("XDG_STATE_HOME", "~/.local/state"),
}


def user_folder(kind: str) -> str:
    """The user's own folder for ptcrm's `cache`, `config` or `state`, as platformdirs has it."""
    if (
        sys.platform.startswith("linux") and "ANDROID_DATA" not in os.environ
    ):  # without loading half of Python
        variable, usual = _ON_LINUX[kind]
        given = os.environ.get(variable, "").strip()
        return f"{given or os.path.expanduser(usual)}/ptcrm"  # noqa: PTH111
    import platformdirs

    folders = {
        "cache": platformdirs.user_cache_dir,
        "config": platformdirs.user_config_dir,
        "state": platformdirs.user_state_dir,
    }
    return folders[kind]("ptcrm")


def place_of(root: str | os.PathLike[str]) -> str:
    """The name under which the vault at `root` is known in the user's folders."""
    return hashlib.sha256(os.path.realpath(root).encode(errors="surrogateescape")).hexdigest()[:32]


def pending_in(folder: Path) -> Path:
    """The note of the operation under way, in a vault's own `folder` of the user's state; no file if there is none."""
    return folder / "pending.json"


def stamp_of(settings: bytes) -> str:
    """What rows are kept under: the program, and the bytes of ptcrm.yaml."""
    return f"{__version__} {ROWS_VERSION} {hashlib.sha256(settings).hexdigest()}"
