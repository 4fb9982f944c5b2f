"""The statements of ingest on the tables it owns; each works inside the transaction of its caller."""
