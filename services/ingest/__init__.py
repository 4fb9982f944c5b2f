"""The durable path: feed topics in, table ``observation`` out.

In: feed messages (kafka-python), the registry topics, rejections of intake, commands. Out: rows of ``observation``, ``rejection``, the
registry tables, rollups. Always: the rows of a message and its offset are written in one transaction under the epoch of this process's
claim, so a record is stored exactly once whatever is killed when. Nothing is dropped: what cannot be stored becomes a rejection or stops
its partition.
"""
