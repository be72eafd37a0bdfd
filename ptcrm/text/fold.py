"""One folding for every comparison that ignores case and accents."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not decompose, though people type them without the stroke.
_STROKES = str.maketrans(
    {"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)
# Classes of marks that make another letter (kana voicing, nukta, virama) and are no accents; 0 is no mark.
_NO_ACCENTS = frozenset({0, 7, 8, 9})
_WORD_GAPS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """`text` without case and accents: `Łódź` → `lodz`, `Straße` → `strasse`, `ŻAK` → `zak`."""
    return text.casefold() if text.isascii() else _folded(text)


@lru_cache(1 << 16)
def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    parts = unicodedata.normalize("NFKD", plain)
    bare = "".join(char for char in parts if unicodedata.combining(char) in _NO_ACCENTS)
    return unicodedata.normalize("NFC", bare.translate(_STROKES))


def same_id(text: str) -> str:
    """The form in which two ids are compared: NFC and casefold (FORMAT §2.1)."""
    if text.isascii():
        return text.casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def slug(text: str) -> str:
    """A file stem for a name: letters and digits of any script, folded where Latin; may be empty."""
    return _WORD_GAPS.sub("-", fold(text)).strip("-")
