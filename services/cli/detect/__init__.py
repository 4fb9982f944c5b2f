"""``lianjing detect``: an analyst's CSV through the detectors, their calibration and the watch over data quality, row after row.

Comes in: a table, wide or long. Goes out: per series the alarms with reasons, the defects of its data, and files and a page to keep. Always holds:
nothing of the file is passed over in silence, and no row is judged knowing anything that comes after it.
"""
