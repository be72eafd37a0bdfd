"""Layer 7: what a screen needs, as data."""
