"""The nodes that a table speaks of: from names in its cells, or from the mapping itself."""

from msgspec import Struct

from services.intake.history.document import Problems
from services.intake.history.mapping import EntityRule, Mapping
from services.intake.history.slug import is_node_id, same_name, slug_of
from services.intake.history.table import Table


class Place(Struct, frozen=True, kw_only=True):
    """A node of the table's chain, before the figures of the table are known."""

    id: str
    name_zh: str
    name_en: str
    kind: str
    product: str
    lat: float
    lon: float
    admin_code: str


class Places(Struct, frozen=True):
    """All nodes in the order of their ids, and the node id of each name as written in the table."""

    nodes: list[Place]
    by_name: dict[str, str]

    def node_of(self, name: str) -> str | None:
        """Node id of a name of the table, however it is spaced; None for a blank name."""
        return self.by_name.get(same_name(name))


def entity_name(rule: EntityRule, cells: dict[str, str]) -> str:
    """The name of a row's entity: its columns, joined by a space, white space made one."""
    return " ".join(" ".join(cells.get(column, "") for column in rule.columns).split())


def places_of(mapping: Mapping, table: Table) -> Places:
    """All nodes of a table. Raises ConfigurationError when two names make one id, or a name has no ASCII letters and no id is fixed."""
    if mapping.entity is None:
        fixed = [
            Place(
                id=n.id,
                name_zh=n.name_zh,
                name_en=n.name_en,
                kind=n.kind,
                product=n.product,
                lat=n.lat,
                lon=n.lon,
                admin_code=n.admin_code,
            )
            for n in mapping.nodes
        ]
        return Places(sorted(fixed, key=lambda p: p.id), {})
    return _named_places(mapping, mapping.entity, table)


def _named_places(mapping: Mapping, rule: EntityRule, table: Table) -> Places:
    problems = Problems(mapping.file)
    names = {same_name(name): name for row in table.rows if (name := entity_name(rule, row.cells))}
    overrides = {same_name(name): override for name, override in rule.names.items()}
    owners: dict[str, str] = {}
    nodes: list[Place] = []
    by_name: dict[str, str] = {}
    for key in sorted(names):
        name, fixed = names[key], overrides.get(key)
        identifier = fixed.id if fixed and fixed.id else slug_of(rule.prefix, name)
        line = fixed.line if fixed else rule.line
        if not is_node_id(identifier):
            problems.add(
                line, f"{name!r} 无法生成英文编号，请写入 names:", f"{name!r} makes no ASCII id; fix one under names:"
            )
        elif identifier in owners:
            problems.add(
                line,
                f"{name!r} 与 {owners[identifier]!r} 得到同一编号 {identifier}，请在 names: 中区分",
                f"{name!r} and {owners[identifier]!r} both become {identifier}; give one of them an id under names:",
            )
        owners[identifier] = name
        by_name[key] = identifier
        nodes.append(_place(rule, identifier, name, fixed.name_zh if fixed else "", fixed.name_en if fixed else ""))
    problems.stop_if_any()
    return Places(sorted(nodes, key=lambda p: p.id), by_name)


def _place(rule: EntityRule, identifier: str, name: str, name_zh: str, name_en: str) -> Place:
    return Place(
        id=identifier,
        name_zh=name_zh or rule.name_zh.replace("{name}", name),
        name_en=name_en or name,
        kind=rule.kind,
        product=rule.product,
        lat=rule.lat,
        lon=rule.lon,
        admin_code=rule.admin_code,
    )
