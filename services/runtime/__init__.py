"""The shell shared by all stages: settings, clocks, streams, database, metrics, logs, lifecycle, chain configuration.

Always holds: it knows no stage, decides nothing, and opens nothing when imported.
"""
