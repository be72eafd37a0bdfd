"""How long commands take on vaults of any size, as ratios to a floor measured in the same run."""
