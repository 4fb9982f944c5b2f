"""Backup, restore and rebuild: what a backup holds, and how tables are read again from their topics."""
