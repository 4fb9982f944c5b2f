"""Who is asking: roles, the rights they give, and the chains and provider that the person's need to know is limited to."""

from enum import StrEnum

from msgspec import Struct


class Right(StrEnum):
    """What a page or a command asks for."""

    SEE = "see"
    REPORT = "report"
    ASK = "ask"
    ACT = "act"
    APPROVE = "approve"
    DRILL = "drill"
    PROVIDE = "provide"
    AUDIT = "audit"
    ADMINISTER = "administer"


class Role(StrEnum):
    """What a person is."""

    VIEWER = "viewer"
    DUTY = "duty"
    MANAGER = "manager"
    OFFICE = "office"
    DRILL = "drill"
    PROVIDER = "provider"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.DUTY: frozenset({Right.SEE, Right.REPORT, Right.ASK, Right.ACT}),
    Role.MANAGER: frozenset({Right.SEE, Right.ASK, Right.ACT, Right.APPROVE}),
    Role.OFFICE: frozenset({Right.SEE, Right.ASK, Right.ACT, Right.APPROVE}),
    Role.DRILL: frozenset({Right.SEE, Right.ASK, Right.DRILL}),
    Role.PROVIDER: frozenset({Right.PROVIDE}),
    Role.ANALYST: frozenset({Right.SEE, Right.ASK}),
    Role.ADMINISTRATOR: frozenset({Right.SEE, Right.AUDIT, Right.ADMINISTER}),
}

ROLE_WORDS: dict[Role, tuple[str, str]] = {
    Role.VIEWER: ("查看", "viewer"),
    Role.DUTY: ("值班员", "duty officer"),
    Role.MANAGER: ("应急管理", "emergency manager"),
    Role.OFFICE: ("链长办", "chain chief's office"),
    Role.DRILL: ("演练组织", "drill operator"),
    Role.PROVIDER: ("报送单位", "data provider"),
    Role.ANALYST: ("分析员", "analyst"),
    Role.ADMINISTRATOR: ("管理员", "administrator"),
}

RIGHT_WORDS: dict[Right, tuple[str, str]] = {
    Right.SEE: ("查看", "see"),
    Right.REPORT: ("接报登记", "report events"),
    Right.ASK: ("推演与补救", "ask what-if and remedies"),
    Right.ACT: ("确认与办理", "acknowledge and act"),
    Right.APPROVE: ("审批", "approve"),
    Right.DRILL: ("演练", "run drills"),
    Right.PROVIDE: ("报送数据", "provide data"),
    Right.AUDIT: ("查阅审计", "read the audit log"),
    Right.ADMINISTER: ("管理", "administer"),
}


class Person(Struct, frozen=True, kw_only=True):
    """Somebody signed in. ``chains`` None: every chain. ``provider`` None: none of its own. ``name`` is also the actor of commands, ``address`` where
    he is."""

    name: str
    display: str
    roles: frozenset[Role]
    rights: frozenset[Right]
    chains: frozenset[str] | None = None
    provider: str | None = None
    must_change: bool = False
    address: str = ""

    def may(self, right: Right) -> bool:
        """Whether the right is given."""
        return right in self.rights

    def sees(self, chain: str) -> bool:
        """Whether the person needs to know of this chain."""
        return self.chains is None or chain in self.chains


def rights_of(roles: frozenset[Role]) -> frozenset[Right]:
    """All rights of these roles.

    >>> sorted(rights_of(frozenset({Role.VIEWER, Role.PROVIDER})))
    [<Right.PROVIDE: 'provide'>, <Right.SEE: 'see'>]
    """
    return frozenset().union(*(RIGHTS[role] for role in roles))
