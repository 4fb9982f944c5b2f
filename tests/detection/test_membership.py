"""A worker that its group has dropped does not live on deaf."""

import pytest

from services.detection.membership import Membership
from services.runtime.errors import UnreachableError


def test_a_member_may_be_away_for_a_while_and_come_back() -> None:
    membership = Membership(session_s=45.0, now_s=0.0)
    for now_s, is_member in [(100.0, False), (134.0, False), (135.0, True), (269.0, False)]:
        membership.note(is_member=is_member, now_s=now_s)


def test_one_that_stays_away_is_told_to_end_with_the_time() -> None:
    membership = Membership(session_s=6.0, now_s=10.0)
    membership.note(is_member=True, now_s=20.0)
    membership.note(is_member=False, now_s=80.0)
    with pytest.raises(UnreachableError, match="for 61 s; joining within 60 s is right"):
        membership.note(is_member=False, now_s=81.0)
