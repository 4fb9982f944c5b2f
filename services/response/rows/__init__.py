"""Writing what was decided: a few statements for many changes."""
