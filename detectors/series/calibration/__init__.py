"""Scores become false-alarm rates: p-values calibrated on pools, an alarm budget over all series, a vote over detectors.

Comes in: statistics and p-values as the detectors give them, in log order. Goes out: p-values that mean what they say on quiet series, and
which of them are alarms. Always holds: pure, bounded memory, any cut into batches gives the same, snapshot then restore goes on to the last bit.
"""
