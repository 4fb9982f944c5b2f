"""What is unusual in time series.

Comes in: arrays of values and times. Goes out: p-values with the expected value and its band. Always holds: pure, bounded memory per series.
"""
