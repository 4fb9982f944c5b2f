"""``lianjing backtest detectors``: what the detectors of single series alarm at when scenarios are lived, and how long before a break.

Comes in: scenarios as their reports arrive. Goes out: per detector and for the vote, disruptions alarmed at, lead times, false alarms; crises called
defects. Always holds: reports are judged in the order they arrive, knowing nothing later; what truly moved is known to the scorer alone.
"""
