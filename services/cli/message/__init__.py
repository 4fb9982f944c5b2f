"""``lianjing message``: test a person's channels, see what waits and who was called, record who answered."""
