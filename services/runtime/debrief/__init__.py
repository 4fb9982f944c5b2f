"""What the log of a drill says, read from its events alone: scores, improvement items and the report.

Who conducts a drill, the command line and the console share it, so that all of them give the same marks. Pure.
"""
