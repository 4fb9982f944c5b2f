"""``lianjing bench quality``: defects put into good series, crises of scenarios, speed and memory of the quality detectors."""
