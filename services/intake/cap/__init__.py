"""CAP 1.2 notices of weather and other hazards.

In comes XML; out go observations ``hazard.<event>.<admin_code>`` (level 0 none, 1 blue, 2 yellow, 3 orange, 4 red) or findings.
Always holds: the state of a series by ``sent`` is right whatever the order of arrival; exercises and tests never enter the live lane.
"""
