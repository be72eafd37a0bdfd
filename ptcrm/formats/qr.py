"""A text as a QR code, for the camera of a phone: a picture, or signs for a terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ptcrm.errors import UsageError

if TYPE_CHECKING:
    import segno

PNG = b"\x89PNG\r\n\x1a\n"  # how every such file begins
_BORDER = 4  # modules of white around a code, as its standard asks (ISO/IEC 18004)
_PIXELS, _SVG_PIXELS = 8, 4
_HALVES = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}


def as_png(text: str) -> bytes:
    """The code as a picture; raises `UsageError` for a text that is too long, as all of these do."""
    picture = io.BytesIO()
    _code(text).save(picture, kind="png", scale=_PIXELS, border=_BORDER)
    return picture.getvalue()


def as_svg(text: str) -> str:
    """The code as an `<svg>` element, black on white, to stand in a page."""
    return _code(text).svg_inline(
        scale=_SVG_PIXELS, border=_BORDER, light="#fff", svgclass=None, lineclass=None
    )


def in_half_blocks(text: str) -> list[str]:
    """The code as lines, two rows each, white on black: so a pipe keeps it, and any terminal shows it."""
    matrix = [[bool(module) for module in row] for row in _code(text).matrix_iter(border=_BORDER)]
    if len(matrix) % 2:
        matrix.append([False] * len(matrix[0]))
    pairs = zip(matrix[::2], matrix[1::2], strict=True)
    return ["".join(_HALVES[both] for both in zip(upper, lower, strict=True)) for upper, lower in pairs]


def _code(text: str) -> segno.QRCode:
    import segno

    try:
        return segno.make(text, micro=False)
    except segno.DataOverflowError:
        raise UsageError("this address is too long for a QR code; a shorter --url may help") from None
