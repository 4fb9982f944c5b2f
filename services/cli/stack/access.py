"""Who may do what at the broker: one principal per service, granted from one table. Applied by ``python -m services.cli.stack.access``.

Environment of that command: the usual LIANJING_KAFKA_… of the administrator, and LIANJING_KAFKA_SECRETS, a folder with one file
``kafka_<principal>`` per principal that holds its password. Repeating it changes nothing but passwords that were changed in the files.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Any

from msgspec import Struct

from schemas.topic import (
    ALERT,
    ALL_TOPICS,
    ANSWER,
    ASSESSMENT,
    CHAIN,
    CLOCK,
    COMMAND,
    DRILL_EVENT,
    FEED_TOPICS,
    LANE,
    OUTCOME,
    PRICE,
    PROVIDER,
    RECEIPT,
    REJECTED,
    RUN,
    SCORE,
    SNAPSHOT,
)
from services.runtime.errors import ConfigurationError, UnreachableError
from services.runtime.settings import Settings


class Right(StrEnum):
    """What a principal may do with a topic or group."""

    READ = "READ"
    WRITE = "WRITE"
    CREATE = "CREATE"
    DESCRIBE = "DESCRIBE"
    ALTER_CONFIGS = "ALTER_CONFIGS"
    DESCRIBE_CONFIGS = "DESCRIBE_CONFIGS"


class Kind(StrEnum):
    """What a right is about."""

    TOPIC = "TOPIC"
    GROUP = "GROUP"
    CLUSTER = "CLUSTER"


class Grant(Struct, frozen=True):
    """One right. ``is_prefix``: also for every name that begins so."""

    principal: str
    kind: Kind
    name: str
    right: Right
    is_prefix: bool = False


FEEDS = tuple(topic.name for topic in FEED_TOPICS.values())
REGISTRY = (CHAIN.name, PROVIDER.name, LANE.name)
READS: dict[str, tuple[str, ...]] = {
    "intake": (*REGISTRY, CLOCK.name, RECEIPT.name, COMMAND.name, REJECTED.name, *FEEDS),
    "ingest": (*FEEDS, REJECTED.name, CLOCK.name, COMMAND.name, DRILL_EVENT.name, *REGISTRY),
    "detection": (*FEEDS, SCORE.name, SNAPSHOT.name, CLOCK.name, *REGISTRY),
    "risk": (*FEEDS, SCORE.name, ASSESSMENT.name, ANSWER.name, COMMAND.name, CLOCK.name, *REGISTRY),
    "alerting": (ASSESSMENT.name, ALERT.name, OUTCOME.name, COMMAND.name, CLOCK.name, *REGISTRY),
    "response": (ALERT.name, RUN.name, COMMAND.name, ANSWER.name, CLOCK.name, PRICE.name, *REGISTRY),
    "console": (),
    "drill": (ALERT.name, RUN.name, COMMAND.name, DRILL_EVENT.name, *REGISTRY),
}
WRITES: dict[str, tuple[str, ...]] = {
    "intake": (*FEEDS, REJECTED.name, CLOCK.name, RECEIPT.name, LANE.name, PROVIDER.name, COMMAND.name),
    "ingest": (),
    "detection": (SCORE.name, SNAPSHOT.name),
    "risk": (ASSESSMENT.name, ANSWER.name),
    "alerting": (ALERT.name, OUTCOME.name, REJECTED.name),
    "response": (RUN.name, COMMAND.name, REJECTED.name),
    "console": (COMMAND.name,),
    "drill": (*FEEDS, REJECTED.name, CLOCK.name, LANE.name, DRILL_EVENT.name, COMMAND.name, ANSWER.name),
}
OPERATOR = "operator"
"""The principal of people and of ``migrate``: makes topics and speaks on every topic of ours."""


def grants() -> list[Grant]:
    """Every grant, in a fixed order. A stage's groups are called after it: ``risk``, ``risk.keeper`` …"""
    found: list[Grant] = []
    for stage in READS:
        found += [Grant(stage, Kind.TOPIC, topic, Right.READ) for topic in READS[stage]]
        found += [Grant(stage, Kind.TOPIC, topic, Right.WRITE) for topic in WRITES[stage]]
        found.append(Grant(stage, Kind.GROUP, stage, Right.READ, is_prefix=True))
    # Faust keeps topics of its own, named after the application.
    found += [
        Grant("detection", Kind.TOPIC, "detection", right, is_prefix=True)
        for right in (Right.READ, Right.WRITE, Right.CREATE)
    ]
    own = (Right.READ, Right.WRITE, Right.CREATE, Right.ALTER_CONFIGS, Right.DESCRIBE_CONFIGS)
    found += [Grant(OPERATOR, Kind.TOPIC, "lianjing.", right, is_prefix=True) for right in own]
    found.append(Grant(OPERATOR, Kind.GROUP, "", Right.READ, is_prefix=True))
    return found


def principals() -> list[str]:
    """All principals but the administrator."""
    return [*READS, OPERATOR]


def apply(settings: Settings, secrets: Path) -> int:
    """Set every principal's password and rights. Returns the number of grants. Raises UnreachableError, ConfigurationError."""
    from kafka.admin import ScramMechanism, UserScramCredentialUpsertion
    from kafka.errors import KafkaError

    from services.runtime.connection import administration

    wanted = [
        UserScramCredentialUpsertion(name, ScramMechanism.SCRAM_SHA_512, _password(secrets, name).encode())
        for name in principals()
    ]
    with administration(settings) as client:
        refused = {
            name: error for name, error in client.alter_user_scram_credentials(wanted).items() if error is not None
        }
        if refused:
            raise UnreachableError(f"the broker refused credentials: {refused}")
        try:
            said = client.create_acls([_acl(grant) for grant in grants()])
        except KafkaError as error:
            raise UnreachableError(f"the broker refused the rights: {error}") from error
        if said["failed"]:
            raise UnreachableError(f"the broker refused some rights: {said['failed']}")
    return len(grants())


def _acl(grant: Grant) -> Any:
    from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType

    # An empty prefix is not allowed by the broker: every group is the literal *.
    name, is_prefix = (grant.name, grant.is_prefix) if grant.name else ("*", False)
    pattern = ResourcePattern(
        ResourceType[grant.kind.value],
        name,
        ACLResourcePatternType.PREFIXED if is_prefix else ACLResourcePatternType.LITERAL,
    )
    return ACL(f"User:{grant.principal}", "*", ACLOperation[grant.right.value], ACLPermissionType.ALLOW, pattern)


def _password(secrets: Path, principal: str) -> str:
    path = secrets / f"kafka_{principal}"
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(
            f"{path}: 无法读取 cannot be read ({error.strerror}); 生成 make it: deploy/make-secrets.sh"
        ) from error


def main() -> None:
    """Apply the table and say how much was granted."""
    count = apply(Settings.from_environment(), Path(os.environ.get("LIANJING_KAFKA_SECRETS", "/run/secrets")))
    print(f"{len(principals())} 个主体,{count} 条授权 principals and grants, {len(ALL_TOPICS)} topics")


if __name__ == "__main__":
    main()
