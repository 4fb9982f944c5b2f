"""``lianjing bench console``: how fast pages answer under many sessions, how soon a change is on the screen, how soon a map is ready."""
