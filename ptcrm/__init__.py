"""ptcrm: a plain-text personal CRM. Files → documents → customers → plan → feeds and answers."""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ptcrm.handler import FrontmatterHandler

    frontmatter_handler: FrontmatterHandler
else:

    def __getattr__(name: str) -> object:
        """`frontmatter_handler` (docs/python.md), loaded when it is asked for: no command needs it."""
        if name == "frontmatter_handler":
            from ptcrm.handler import FrontmatterHandler

            return FrontmatterHandler()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
