"""ptcrm: a plain-text personal CRM. Files → documents → customers → plan → feeds and answers."""
