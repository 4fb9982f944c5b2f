"""Risk: what is known of a chain becomes the state of every (node, product).

Comes in: feed messages, ticks, chains and lanes; scores, which may put single readings in doubt. Goes out: Assessment.
Always holds: an assessment is a function of the records read so far, of the tick and of versioned configuration; what was judged at a tick
used exactly the records up to the tick's positions; too little fresh input is UNKNOWN, never normal.
"""
