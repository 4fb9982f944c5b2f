"""Is a report wrong? Data quality, apart from risk.

Comes in: rows of many series in the order they arrived. Goes out: findings (what is wrong, since when, by what evidence, how to mend it) and the
trust a feed deserves. Always holds: pure, bounded memory per series (each detector at most 500 bytes), the same verdicts for any cut into batches. A
crisis is not a defect: what a mine, a stock or a price can truly do is never explained away.
"""
