"""Grafana boards as code, and what they generate: one JSON per board and language in ``zh`` and ``en``.

In: specifications of boards (``boards``), words in both languages. Out: dashboards of schema v1. Always holds: boards read ``v_`` views and metrics
alone; a state that is missing, null or old is shown as 情况不明, never green and never 0.
"""
