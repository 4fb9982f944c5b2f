"""Drills: a scripted crisis through the very same stream, and what people did in it.

Comes in: a drill file (YAML or the sheets of a workbook), wall time, commands of people, alerts and runs as their topics carry them.
Goes out: effects for the shell to carry out (play an hour, set a clock, publish an event, hand over a letter, close a lane), and, from the events
alone, scores, improvement items and the report.

Always holds: everything people may read says 【演练】 / EXERCISE, and only members of the roster are written to. Pure: the shell that plays,
publishes and delivers is composed by the command line.
"""
