"""Thresholds by stated cost: what a report's probabilities are worth to somebody who pays for false pages and for missed breaks.

Comes in: a report of ``lianjing backtest run --json``. Goes out: the threshold that pays, its value, and the value curve as words and picture.
"""
