"""The rules a chain must keep, pure on its draft. The order of RULES is the order of findings within a file's line."""

from services.runtime.chain.draft import Draft
from services.runtime.chain.problem import Problem


def check(draft: Draft, *, is_whole: bool) -> list[Problem]:
    """All findings."""
    return []
