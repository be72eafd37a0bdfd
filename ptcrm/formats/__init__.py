"""Layer 5: values to the bytes other programs read."""
