"""Response: alerts, what people decide, answers of risk, figures and ticks come in; runs of playbooks, their events, tasks and notifications go out.

What always holds: one run per (lane, episode, playbook); it keeps the version it started with; rows, events, timers, outbox and the offset of what
was heard are one transaction, so that a kill at any moment repeats nothing; the topic ``lianjing.run`` and questions to risk are fed from the outbox
afterwards. Timers follow the lane's clock: the live one is the wall clock, every other one its ticks, which may run ahead of judging. What is due
before something else happens in an episode is decided about first, at its own time.
Messages go out by the notifier, which notes every attempt before it makes it; what people and gateways answer comes as commands. Replays reach the
log only, drills their roster only.
"""
