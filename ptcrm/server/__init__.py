"""Layer 8: feeds that keep up with the vault."""
