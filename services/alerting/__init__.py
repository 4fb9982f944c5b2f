"""Alerting: assessments become episodes, episodes become messages.

Comes in: Assessment. Goes out: Alert on its topic, alerts at Alertmanager, gauges. Always holds: a level is raised at once and eased only after
it held; an episode closes only after fresh, trusted normal assessments over its hold; UNKNOWN never closes or eases one; the same assessments
give the same steps with the same identities.
"""
