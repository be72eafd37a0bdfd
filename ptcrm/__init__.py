"""ptcrm: a plain-text personal CRM. Files → documents → customers → plan → feeds and answers.

`__all__` is what other Python programs may use (docs/python.md). Each name is loaded when it is asked for.
"""

TYPE_CHECKING = False  # `typing` would take longer to load than many an answer

__version__ = "0.1.0"
__all__ = [
    "Customer",
    "FollowUp",
    "LogEntry",
    "Match",
    "NotFoundError",
    "Occurrence",
    "Operation",
    "PtcrmError",
    "QueryError",
    "Reason",
    "RefusedError",
    "UsageError",
    "Workspace",
    "__version__",
    "frontmatter_handler",
]

if TYPE_CHECKING:
    from ptcrm.errors import NotFoundError, PtcrmError, QueryError, RefusedError, UsageError
    from ptcrm.handler import FrontmatterHandler
    from ptcrm.model.change import Operation
    from ptcrm.model.customer import Customer, FollowUp, LogEntry
    from ptcrm.model.occurrence import Occurrence, Reason
    from ptcrm.vault.index import Match
    from ptcrm.workspace import Workspace

    frontmatter_handler: FrontmatterHandler
else:
    _HOMES = {
        "errors": ("NotFoundError", "PtcrmError", "QueryError", "RefusedError", "UsageError"),
        "model.change": ("Operation",),
        "model.customer": ("Customer", "FollowUp", "LogEntry"),
        "model.occurrence": ("Occurrence", "Reason"),
        "vault.index": ("Match",),
        "workspace": ("Workspace",),
    }

    def __getattr__(name: str) -> object:
        """One of `__all__`, loaded when it is asked for: start-up is a feature."""
        if name == "frontmatter_handler":
            from ptcrm.handler import FrontmatterHandler

            return FrontmatterHandler()
        home = next((home for home, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"ptcrm.{home}"), name)
