"""The living chain: a simulator that feeds the stream with what a real chain would report.

Comes in: a chain as configured, a scenario (what happens to it) and a seed. Goes out: feed rows as providers would send
them, and, apart from them, the truth: which (node, product) broke, when and why. Always holds: the same chain, scenario,
seed and mismatch give the same world, the same rows and the same truth; mass is conserved to rounding; nothing here is
shared with the break forecast (``detectors``), and the truth never enters a feed.
"""
