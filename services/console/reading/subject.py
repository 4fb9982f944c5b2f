"""Which chains a command is about, so that nobody orders about chains he may not see."""

from collections.abc import Mapping

from services.console.access.person import Person
from services.console.errors import UnknownError
from services.console.shelf import Shelf

_BY_LANE = {
    "task": "SELECT l.chain FROM task t JOIN lane l ON l.lane = t.lane WHERE t.task_id = %s",
    "run": "SELECT l.chain FROM run r JOIN lane l ON l.lane = r.lane WHERE r.run_id = %s",
    "notification": "SELECT l.chain FROM notification n JOIN lane l ON l.lane = n.lane WHERE n.notification_id = %s",
    "episode": "SELECT DISTINCT chain FROM alert WHERE episode = %s",
    "outcome": "SELECT DISTINCT chain FROM outcome WHERE outcome = %s",
}
_NODES = """SELECT n ->> 'id' AS node, array_agg(DISTINCT c.chain) AS chains
FROM chain c CROSS JOIN LATERAL jsonb_array_elements(c.document -> 'nodes') n WHERE c.is_current GROUP BY 1"""
_RESENT = "SELECT source FROM rejection WHERE rejection_id = %s"


def chains_of_nodes(shelf: Shelf) -> dict[str, list[str]]:
    """The chains that each node is in. Raises UnreachableError."""
    return {row["node"]: row["chains"] for row in shelf.rows(_NODES)}


def require_scope(shelf: Shelf, person: Person, lane: str, arguments: Mapping[str, str]) -> None:
    """Raise UnknownError when lane or arguments name what is outside the person's chains or provider, or what is not there."""
    if person.provider is not None and "rejection_id" in arguments:
        _require_own_rejection(shelf, person.provider, arguments["rejection_id"])
    if person.chains is None:
        return
    _require(person, [row["chain"] for row in shelf.rows("SELECT chain FROM lane WHERE lane = %s", (lane,))])
    for name, query in _BY_LANE.items():
        if name in arguments:
            _require(person, [row["chain"] for row in shelf.rows(query, (arguments[name],))])
    if "chain" in arguments:
        _require(person, [arguments["chain"]])
    for node in [arguments[name] for name in ("node", "source_node", "target_node") if arguments.get(name)]:
        _require(person, chains_of_nodes(shelf).get(node, []))


def _require(person: Person, chains: list[str]) -> None:
    if not any(person.sees(chain) for chain in chains):
        raise UnknownError("没有这一项，或不在您的范围内", "there is no such thing, or it is outside your scope")


def _require_own_rejection(shelf: Shelf, provider: str, rejection_id: str) -> None:
    row = shelf.row(_RESENT, (rejection_id,))
    if row is None or row["source"] != provider:
        raise UnknownError("没有这条退回记录，或不属于贵单位", "there is no such rejection, or it is not yours")
