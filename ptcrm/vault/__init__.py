"""Layer 3: files to values and back."""
