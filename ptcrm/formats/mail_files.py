"""The messages in files of mail: mbox, Maildir, single files. Only their heads are kept, whatever hangs on them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ptcrm.text.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_HEAD = 256 * 1024
"""Bytes of a message's head that are read; the longest honest ones have a tenth of that."""
MAX_LINE = 64 * 1024
"""Bytes of a line that are held at once; the rest of a longer one is passed over."""

# `From anna@rowery.example Mon Jan  5 10:20:00 2026`, and Thunderbird's and Google's kinds of it.
_SEPARATOR = re.compile(rb"From \S.*\b[0-9]{1,2}:[0-9]{2}\b.*\b[0-9]{4}\s*$", re.DOTALL)
_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:|>From ")
_INVITATION = re.compile(rb"content-type:[ \t]*text/calendar\b", re.IGNORECASE)
_COUNT = re.compile(rb"[0-9]+[ \t]*\r?\n")
_FLAGS = re.compile("[:;!_-]2,(?P<flags>[A-Za-z]*)$")
_MESSAGE = re.compile(r"\.(?:eml|emlx)$", re.IGNORECASE)
_NOT_MAIL = re.compile(
    r"\.(?:msf|dat|json|html?|ics|vcf|pst|ost|sqlite|txt|pdf|zip|log|lock|cache|index)$"
    r"|(?:^|/)(?:maildirsize|maildirfolder|dovecot[.-][^/]*|courierimap[^/]*)$",
    re.IGNORECASE,
)
_MBOX = re.compile(r"\.(?:mbox|mbx|sbd)$", re.IGNORECASE)
# What mail programs call the folders and labels of what was not sent, not wanted or thrown away.
SET_ASIDE = frozenset(
    fold(name)
    for name in (  # noqa: SIM905
        "Drafts|Draft|Outbox|Unsent Messages|Templates|Spam|Junk|Junk E-mail|Junk Email|Bulk Mail|Trash|Bin"
        "|Deleted|Deleted Items|Deleted Messages|Wastebasket"
        "|Entwürfe|Postausgang|Papierkorb|Gelöscht|Gelöschte Elemente|Gelöschte Objekte|Unerwünscht|Werbung"
        "|Brouillons|Corbeille|Indésirables|Courrier indésirable|Éléments supprimés"
        "|Wersje robocze|Robocze|Szkice|Kosz|Elementy usunięte|Wiadomości-śmieci"
        "|Borradores|Papelera|Correo no deseado|Bozze|Cestino|Posta indesiderata|Concepten|Prullenbak|Ongewenst"
        "|Rascunhos|Lixo|Lixeira|Utkast|Skräppost|Papperskorgen|Koncepty|Koš|Черновики|Спам|Корзина"
    ).split("|")
)


class Letter(NamedTuple):
    """The head of a message, the line of its file on which it begins, and whether it invites to a meeting.

    `is_cut`: there is more of the head than `MAX_HEAD`.
    """

    head: bytes
    line: int
    invites: bool = False
    is_cut: bool = False


def messages_of_mbox(stream: BinaryIO) -> Iterator[Letter]:
    """The messages of an mbox of any kind, one after the other; the bodies are passed over line by line.

    A line begins a message if it stands at the top or below an empty one, has the form of mbox's `From ` lines, and
    a header follows. So a sentence that begins with “From” ends no message, quoted as `>From ` or not.
    """
    pending, taken = b"", _Taken(0)
    for number, line in enumerate(_lines(stream), 1):
        if pending and _HEADER.match(line):
            yield from taken.letter()
            taken, pending = _Taken(number - 1), b""
        elif pending:
            taken.add(pending)
            pending = b""
        if taken.after_blank and _SEPARATOR.match(line):
            pending = line
        elif taken.line:
            taken.add(line)
    yield from taken.letter()


def message_of(stream: BinaryIO) -> Iterator[Letter]:
    """The one message of a file (.eml, Maildir, Apple's .emlx with its count of bytes above); none in an empty one."""
    taken = _Taken(1)
    for number, line in enumerate(_lines(stream)):
        if number or not (_COUNT.fullmatch(line) or line.startswith((b"From ", b">From "))):
            taken.add(line.removeprefix(b"\xef\xbb\xbf") if not number else line)
    yield from taken.letter()


def messages(stream: BinaryIO, path: str) -> Iterator[Letter]:
    """The messages of the file at `path` (`stream` can go back): one, or those of an mbox; none if it begins like neither."""
    if _MESSAGE.search(path) or path.replace("\\", "/").split("/")[-2:-1] in (["cur"], ["new"]):
        yield from message_of(stream)
        return
    start = stream.read(MAX_LINE)
    stream.seek(0)
    first = start.lstrip().partition(b"\n")[0]
    if _SEPARATOR.match(first):
        yield from messages_of_mbox(stream)
    elif _HEADER.match(first):
        yield from message_of(stream)


def may_be_mail(path: str) -> bool:
    """Whether the file at `path` (with `/`) of a folder may hold mail that was sent and is wanted, by its name.

    Not those in folders of drafts, spam and what was thrown away, in Maildir's `tmp`, and what programs keep beside mail.
    """
    *folders, name = path.replace("\\", "/").split("/")
    flags = _FLAGS.search(name)
    if (flags and set("DT") & set(flags["flags"])) or folders[-1:] == ["tmp"]:
        return False
    return not _NOT_MAIL.search(path) and not any(map(_is_set_aside, [*folders, _MBOX.sub("", name)]))


def _is_set_aside(folder: str) -> bool:
    """Whether a folder is one of drafts, spam or rubbish: `Spam`, `.INBOX.Trash`, `Drafts.sbd`, `[Gmail].Spam`."""
    parts = [fold(part).strip() for part in re.split(r"[./]", _MBOX.sub("", folder))]
    return any(part in SET_ASIDE for part in (fold(folder), *parts))


class _Taken:
    """A message as it is read: its head as far as that goes, and of its body only whether it invites."""

    def __init__(self, line: int) -> None:
        self.line = line  # 0: nothing has begun
        self.after_blank = True
        self._head = bytearray()
        self._in_head = True
        self._invites = self._is_cut = False

    def add(self, line: bytes) -> None:
        """Take the next line, as far as it is of use."""
        self.after_blank = not line.strip()
        if self._in_head and not (self.after_blank and self._head):
            self._is_cut = self._is_cut or len(self._head) + len(line) > MAX_HEAD
            self._head += b"" if self._is_cut else line
        elif self._in_head:
            self._in_head = False
        if _INVITATION.match(line):
            self._invites = True

    def letter(self) -> Iterator[Letter]:
        """The message, if there is one."""
        if self.line and self._head.strip():
            yield Letter(bytes(self._head), self.line, self._invites, self._is_cut)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of `stream`; of those that are too long, the beginning."""
    while line := stream.readline(MAX_LINE):
        yield line
        while len(line) == MAX_LINE and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE)
