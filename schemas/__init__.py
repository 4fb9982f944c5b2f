"""What things are: the nouns every service shares, as frozen msgspec Structs.

Comes in: nothing. Goes out: types, topic definitions, SQL migrations (``schemas/sql``) and exported
JSON Schema and AsyncAPI documents. Always holds: this package imports nothing of ours and does no I/O;
times are aware UTC datetimes, except in :class:`schemas.feed.FeedMessage`, whose columns are integer
microseconds since 1970-01-01T00:00Z because it is read half a million rows at a time.
"""
