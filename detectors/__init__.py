"""Finds danger in plain arrays and graphs: no coal, no Kafka, none of our records, no I/O."""
