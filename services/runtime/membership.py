"""The place that the broker keeps in a group for a static member that is away, and giving up one that no longer fits.

A static member that comes back within its session timeout gets its old partitions without a new distribution, even when it now wants other
topics (KIP-345); and a leader that comes back so no longer looks for partitions that nobody got (KIP-814). Such a place would leave topics unread
for good. Once given up (LeaveGroup with the instance id), the member joins like a new one and everything is distributed anew.
"""

import time
from collections.abc import Mapping, Set
from typing import Any

from kafka.admin import MemberToRemove
from kafka.errors import NoError, UnknownMemberIdError

from services.runtime.connection import administration
from services.runtime.errors import UnreachableError
from services.runtime.logs import logger
from services.runtime.settings import Settings

_PATIENCE_S = 20.0
_PAUSE_S = 0.1
_log = logger("membership")


def give_up_unfit_place(settings: Settings, group: str, instance: str, topics: Mapping[str, Set[int]]) -> bool:
    """Remove the place kept for ``instance`` if it does not fit ``topics``, given with their partitions; whether there was such a one.

    To be called before joining, once per start. Waits up to 20 s for a broker that is starting; raises UnreachableError then.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return _give_up(settings, group, instance, topics)
        except UnreachableError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_S)


def _give_up(settings: Settings, group: str, instance: str, topics: Mapping[str, Set[int]]) -> bool:
    with administration(settings, "lianjing-membership") as client:
        description = client.describe_groups([group])[group]
        if description["error"] and description["group_state"] != "Dead":
            raise UnreachableError(f"the broker does not tell who is in {group}: {description['error']}")
        if is_fit(description, instance, topics):
            return False
        answer = client.remove_group_members(
            group, [MemberToRemove(group_instance_id=instance, reason="its topics are others now")]
        )
    refusals = [e.__name__ for e in answer.values() if not issubclass(e, NoError | UnknownMemberIdError)]
    if refusals:
        raise UnreachableError(f"the broker did not let {instance} leave {group}: {refusals}")
    _log.info("place in the group given up", group=group, instance=instance, topics=sorted(topics))
    return True


def is_fit(description: Mapping[str, Any], instance: str, topics: Mapping[str, Set[int]]) -> bool:
    """Whether ``instance`` may come back to its place: it has none, or it wanted just these topics and the group reads all their partitions.

    ``description`` is one group of DescribeGroups. While partitions are being distributed it does not say who wants what; a place is unfit then,
    as the distribution under way may end before the member is back.
    """
    members = description["members"]
    own = next((m for m in members if m["group_instance_id"] == instance), None)
    if own is None:
        return True
    if description["group_state"] != "Stable" or set(own["member_metadata"]["topics"]) != topics.keys():
        return False
    read = {(a["topic"], p) for m in members for a in _assigned(m) for p in a["partitions"]}
    return read >= {(topic, p) for topic, partitions in topics.items() for p in partitions}


def _assigned(member: Mapping[str, Any]) -> list[dict[str, Any]]:
    assignment = member["member_assignment"]
    return assignment["assigned_partitions"] if assignment else []
