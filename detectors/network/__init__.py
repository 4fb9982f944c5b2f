"""Who will break on a flow network, and when.

Comes in: stocks, flows and links as arrays. Goes out: hours to minimum and to zero. Always holds: pure, no I/O, no product names.
"""
