"""The compiled kernel of the simulation.

Comes in: a laid-out network, habits, events and a start as named arrays. Goes out: filled results. Always holds: no allocation and no
Python inside; scenarios never touch each other, so a result does not depend on its company.
"""
