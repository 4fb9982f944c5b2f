"""Announcing: what people approved goes to other systems by itself, as CAP 1.2 in chains of Alert, Update and Cancel.

Comes in: steps of episodes from their topic. Goes out: signed messages, to a folder or a signed webhook. Always: only the live lane and only what
is Actual; each message under its own identifier and in the order of its chain; killed between sending and recording it sends again under the same
identifier; nothing is sent that has expired.
"""
