"""How long a stock lasts: by heat for coal that is burnt, with the tonnes beside."""

from typing import Any

from msgspec import Struct

from services.risk.blueprint import Blueprint
from services.risk.heat import HeldHeat, is_coal_consumer
from services.risk.state.world import World


class Cover(Struct, frozen=True):
    """``tonnes`` at hand as they are, or the amount of what is no coal. ``days`` by heat where it is known, ``physical_days`` by tonnes, None for
    what is no coal; ``heat`` None where nobody tells."""

    tonnes: float
    days: float | None
    physical_days: float | None = None
    heat: HeldHeat | None = None

    def told(self) -> dict[str, Any]:
        """As an assessment has it."""
        if self.heat is None:
            return {"cover_days_physical": self.physical_days}
        return {
            "cover_days_physical": self.physical_days,
            "heat_kcal_per_kg": round(self.heat.kcal_per_kg, 1),
            "heat_age_hours": None if self.heat.age_h is None else round(self.heat.age_h, 2),
            "stock_t5500": round(self.heat.reference_tonnes(self.tonnes), 2),
        }

    def in_words(self) -> tuple[str, str]:
        """By which measure it lasts how long, the other beside.

        >>> Cover(1000.0, 12.3, 13.1, HeldHeat(5020.0, 5346.0, 6.0)).in_words()[0]
        '，可用 12.3 天（热值口径，5,020 kcal/kg，按 6 小时前的到货推算；实物 13.1 天）'
        >>> Cover(1000.0, 13.1, 13.1).in_words()
        ('，可用 13.1 天（实物口径，热值不明）', ', 13.1 days of cover (physical tonnes, heat value unknown)')
        """
        if self.days is None:
            return "", ""
        zh, en = f"，可用 {self.days:.1f} 天", f", {self.days:.1f} days of cover"
        if self.physical_days is None:
            return zh, en
        if self.heat is None:
            return f"{zh}（实物口径，热值不明）", f"{en} (physical tonnes, heat value unknown)"
        source_zh, source_en = _source_in_words(self.heat)
        value = f"{self.heat.kcal_per_kg:,.0f} kcal/kg"
        return (
            f"{zh}（热值口径，{value}，{source_zh}；实物 {self.physical_days:.1f} 天）",
            f"{en} (by heat, {value}, {source_en}; {self.physical_days:.1f} days of physical tonnes)",
        )


def cover_of(blueprint: Blueprint, world: World, account: int) -> Cover:
    """The cover of an account by its stock and what it needs now."""
    stock, tonnes = float(world.stock.value[account]), float(world.stock.value[account] / world.worth[account])
    if account not in blueprint.stocks:
        return Cover(tonnes, None)
    days = _days(stock, float(world.expected[account]))
    if not is_coal_consumer(blueprint, account):
        return Cover(tonnes, days)
    return Cover(tonnes, days, _days(tonnes, float(world.burnt[account])), world.heat.get(account))


def _days(stock: float, use_per_h: float) -> float | None:
    return round(stock / (24 * use_per_h), 3) if use_per_h > 0 else None


def _source_in_words(heat: HeldHeat) -> tuple[str, str]:
    if heat.age_h is None:
        return "按常态配煤", "of the normal blend"
    if heat.is_reported:
        return f"{heat.age_h:.0f} 小时前报", f"reported {heat.age_h:.0f} h ago"
    return f"按 {heat.age_h:.0f} 小时前的到货推算", f"by arrivals up to {heat.age_h:.0f} h ago"
