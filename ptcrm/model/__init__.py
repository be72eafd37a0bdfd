"""Layer 1: frozen values, the vocabulary of everything above."""
