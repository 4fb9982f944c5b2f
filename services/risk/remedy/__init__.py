"""Alternatives 补链 for what a chain will lack: candidates from the register, from dormant and existing links, from the stock of others.

Comes in: a chain, what will lack where and when, what flows and lies where, what is lost. Goes out: a proposal 建议 with amounts, cost, who gives,
what binds, and the load reduction that remains. Always holds: expired entries, lost nodes and lost links are never used.
"""

from services.risk.remedy.proposal import Proposal, propose
from services.risk.remedy.question import Lack, Question

__all__ = ["Lack", "Proposal", "Question", "propose"]
