"""Layer 4: what is due when, and why; pure."""
