"""Detection: what is unusual in each series, as p-values in words.

Comes in: feed messages (Faust), chains and lanes (names, closed lanes). Goes out: one ScoreMessage per feed message, on the same partition number.
Always holds: a score is a function of the messages of its partition up to its own and of versioned parameters; a feed message is acknowledged
only after its scores were (acks=all); repeats carry the same identity; the database is needed only by the keeper that writes table ``score``.
"""
