"""The state of the world at one moment.

Comes in: the newest revisions of all series, the chain, the operator's priors. Goes out: stocks, rates, recipes and disruptions, each with
spread, age and trust. Always holds: pure; the same evidence and moment give the same state; what no fresh report tells is estimated and
marked, and never counts as seen.
"""
