"""Does a remedy help? Its plan is carried out in the simulator, which knows nothing of the forecast, and the true break is looked at.

Comes in: a scenario, a place, the day on which the plan is made from what was reported by then. Goes out: both lives, in words, figures and as a
picture. Always holds: the two lives differ by the plan and nothing else; the plan is made without the truth.
"""
