"""Intake 数据接入: the only way in.

In come HTTP requests, files, MQTT messages, CAP notices, and players of scenarios and history. Out go feed messages, rejections, receipts and ticks.
Always holds: nothing is confirmed to a sender before the broker acknowledged every record of it; what is not accepted becomes a
rejection; a repeat carries the same identity; known_at is stamped once.
"""
