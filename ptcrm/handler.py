"""A customer for other Python programs: `frontmatter.load(path, handler=ptcrm.frontmatter_handler)`.

python-frontmatter splits a text, has one part loaded, and takes a ValueError of the splitting for "no front
matter". So `split` never fails: what cannot be split is handed on whole, and `load` says why.
"""

from __future__ import annotations

import re
from typing import Any

from frontmatter.default_handlers import BaseHandler

from ptcrm.errors import RefusedError, UnreadableError
from ptcrm.model.config import Config
from ptcrm.model.diagnostic import Severity
from ptcrm.text.frontmatter import Flaw, find_fences
from ptcrm.text.source import Source
from ptcrm.vault.log import LineReader
from ptcrm.vault.schema import read_customer
from ptcrm.views.customer import field_values


class FrontmatterHandler(BaseHandler):
    """Reads front matter by ptcrm's rules (FORMAT §2.2), and writes none."""

    FM_BOUNDARY = re.compile("\ufeff?---[ \t]*$", re.MULTILINE)

    def split(self, text: str) -> tuple[str, str]:
        """The front matter with its fences (nothing if there is none), and the body."""
        text = text.removeprefix("\ufeff")
        fences = find_fences(text)
        if isinstance(fences, Flaw):
            return text, ""
        body = fences.body if fences else 0
        return text[:body], text[body:]

    def load(self, fm: str) -> dict[str, Any]:
        """The fields that the front matter gives: text, lists of text, true or false; raises `UnreadableError`.

        Values that `ptcrm check` warns of are left out.
        """
        reading = read_customer(Source("", fm), LineReader.of(Config()))
        for one in reading.diagnostics:
            if one.severity is Severity.ERROR:
                raise UnreadableError(f"line {one.line}: {one.message}. {one.hint}".strip())
        customer = reading.customer
        if customer is None or reading.document.root is None:
            return {}
        values, own = field_values(customer), dict(customer.own)
        names = [key.value for key, _ in reading.document.root.pairs]
        return {name: values[name] for name in names if name in customer.lines or own.get(name)}

    def export(self, metadata: dict[str, object], **kwargs: object) -> str:  # noqa: ARG002  # the library's signature
        """Nothing: raises `RefusedError`."""
        raise RefusedError(
            "ptcrm writes no front matter from Python, since that would rewrite the whole of it. Use `ptcrm set`."
        )
