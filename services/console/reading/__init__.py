"""Questions to the tables and the values pages are made of. Whoever asks gives the way to ask; nothing here opens a connection."""
