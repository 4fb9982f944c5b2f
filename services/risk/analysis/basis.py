"""What a result rests on: which state of which chain, as of when, and whether it is still fresh."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from services.risk.blueprint import Blueprint
from services.risk.state.estimate import Origin
from services.risk.state.world import World
from services.runtime.clock import from_us

FRESH = timedelta(minutes=15)
_ZONE = ZoneInfo("Asia/Shanghai")


class Basis(Struct, frozen=True, kw_only=True):
    """``lane`` is empty when it was computed at rest, from the configured normal stocks. ``told_stocks`` of ``all_stocks`` were reported, the others
    are estimated. ``age_min`` is the age of ``as_of`` by the lane clock when the result was asked for; beyond 15 min it is ``is_stale`` 已过时."""

    chain: str
    chain_version: str
    rules_version: str
    lane: str
    as_of: datetime
    age_min: float
    is_stale: bool
    told_stocks: int
    all_stocks: int

    @property
    def is_live(self) -> bool:
        """True when it was computed on what a lane knows."""
        return bool(self.lane)

    def in_words(self) -> tuple[str, str]:
        """One sentence in Chinese and one in English that stand above every result."""
        at = self.as_of.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M")
        if not self.is_live:
            return (
                f"非实时：按配置的常态库存和常态流量计算（北京时间 {at}），不反映此刻的实际库存",
                f"NOT LIVE: computed from the configured normal stocks and flows ({at} Beijing), not from what is there now",
            )
        old_zh = f"；已过时：数据时点距今 {self.age_min:.0f} 分钟，请先核实" if self.is_stale else ""
        old_en = f"; OUT OF DATE: as of {self.age_min:.0f} min ago, check first" if self.is_stale else ""
        return (
            f"数据时点 {at} 北京时间（{self.lane}），库存 {self.told_stocks}/{self.all_stocks} 处有报告，其余为估算{old_zh}",
            f"as of {at} Beijing ({self.lane}), {self.told_stocks} of {self.all_stocks} stocks reported, the rest estimated{old_en}",
        )


def basis_of(blueprint: Blueprint, world: World, rules_version: str, lane: str, now: datetime) -> Basis:
    """The basis of a world of a lane (empty: at rest), asked for at lane time ``now``."""
    as_of = from_us(world.as_of_us)
    accounts = list(blueprint.stocks)
    age = now - as_of
    return Basis(
        chain=blueprint.chain.id,
        chain_version=blueprint.chain.version,
        rules_version=rules_version,
        lane=lane,
        as_of=as_of,
        age_min=round(age.total_seconds() / 60, 1),
        is_stale=bool(lane) and age > FRESH,
        told_stocks=int((world.stock.origin[accounts] == int(Origin.REPORTED)).sum()) if accounts else 0,
        all_stocks=len(accounts),
    )
