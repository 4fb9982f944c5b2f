"""History: any table replayed as feeds.

Comes in: a mapping (YAML, written by the operator) and the bytes of a table (CSV). Goes out: the chain of that table, its rows as observations in the
order in which they became known, daily ticks between them, and a rejection for every cell or row with a stated defect.
Always holds: everything here is pure and depends on mapping and table only, so that a second replay has the same identities; a blank cell is
no record, a zero is one; nothing is dropped without being counted.
"""
