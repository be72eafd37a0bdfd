"""Long tests: `pytest tests/soak --whole`."""
