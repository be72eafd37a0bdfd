"""ptcrm: a plain-text personal CRM. Files → documents → customers → plan → feeds and answers."""

__version__ = "0.1.0"
