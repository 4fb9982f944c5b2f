"""Response: alerts come in, runs of playbooks, their events, tasks and notifications go out.

What always holds: one run per (lane, episode, playbook); it keeps the version it started with; rows, events, outbox and the offset of the alert
are one transaction, so that a kill at any moment repeats nothing; the topic ``lianjing.run`` is fed from the outbox afterwards. In this version the
log channel is the only one that reaches anybody, in every lane.
"""
