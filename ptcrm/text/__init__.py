"""Layer 0: characters and their positions; knows no customer."""
