"""Analysis on a state of the world: key links 关键环节, risk points 断供断链风险点, what-if for areas and common causes, and the list of what must
keep running 保障清单.

Comes in: a chain, its world at a moment (live, or at rest by the configured normal stocks), rules and the settings of ``what-if/kinds.yaml``. Goes
out: plain values that say as of when they hold. Always holds: nothing here changes the world or talks to anybody; all comparisons run on the same
random numbers; advice is 建议, never 指令.
"""
