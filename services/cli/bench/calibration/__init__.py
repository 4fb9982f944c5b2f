"""``lianjing bench calibration``: whether the false-alarm rates of the detectors are what they say.

Comes in: the detectors, generated quiet series, and real ones by path. Goes out: alarm rates with their pools, alarms a day over many series.
"""
