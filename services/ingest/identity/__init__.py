"""Names in numbers, claims of partitions, and what the tables already hold: everything the reader asks before it hands rows over."""
