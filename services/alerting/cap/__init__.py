"""Alerts as messages for other systems: CAP 1.2 in chains of Alert, Update and Cancel, signed; and an export in the style of GB/T 35965.1-2018.

Comes in: the steps of an episode, its node, who publishes. Goes out: XML. Always: only what people approved is Actual and only two approvers make
it Public; a drill is Exercise, a replay Test, everything else Draft; the same steps give the same messages with the same identifiers.
"""
