"""The ledger of outcomes: alerts, observations and people's verdicts in, outcomes on their topic out.

Always holds: the same tables give the same entries with the same identities; what a person confirmed stays; drills never enter.
"""
