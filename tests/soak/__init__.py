"""Long tests of writing: many writers, sudden ends, failing calls. `pytest tests/soak --whole` runs them in full."""
