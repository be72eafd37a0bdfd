"""A vault in git: what is run, what is merged, and what a history says."""
