"""Questions to the tables and the frozen answers they give, one file per noun. Shaping is pure; only the given shelf asks."""
