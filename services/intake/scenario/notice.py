"""Hazard notices as feed rows: issued, updated, lifted; scares without consequence; and the daily word that nothing is in force."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from services.intake.scenario.scenario import Notice
from services.intake.scenario.season import CHINA
from services.intake.scenario.seeds import Stream, generator

_COLD, _WARM, _RAIN = (11, 12, 1, 2, 3), (7, 8, 9), (6, 7, 8, 9)
_SCARES: dict[str, tuple[tuple[int, ...], str, str]] = {
    "snow": (_COLD, "暴雪", "Blizzard"),
    "cold_wave": (_COLD, "寒潮", "Cold wave"),
    "road_icing": (_COLD, "道路结冰", "Road icing"),
    "sea_ice": ((1, 2), "海冰", "Sea ice"),
    "typhoon": (_WARM, "台风", "Typhoon"),
    "rainstorm": (_RAIN, "暴雨", "Rainstorm"),
    "flood": (_RAIN, "洪涝地质", "Flood and landslide"),
    "gale": (tuple(range(1, 13)), "大风", "Gale"),
    "fog": (tuple(range(1, 13)), "大雾", "Fog"),
}
_SCARES_PER_SERIES_DAY = 0.006
_COLOUR_ZH = ("解除", "蓝色", "黄色", "橙色", "红色")
_COLOUR_EN = ("lifted", "blue", "yellow", "orange", "red")


class NoticeRow(Struct, frozen=True, kw_only=True):
    """One row of a hazard series: published at ``hour``, level, and the detail as JSON text."""

    series: str
    hour: float
    level: int
    detail: str


def scares(series: Sequence[str], start: datetime, first_hour: int, last_hour: int, seed: int) -> list[Notice]:
    """Weather notices of everyday life in [first_hour, last_hour): blue and yellow, after which nothing happens."""
    found = []
    for day in range(first_hour // 24, -(-last_hour // 24)):
        source = generator(seed, Stream.SCARE, day)
        draws = source.random((len(series), 4))
        month = (start + timedelta(days=day)).astimezone(CHINA).month
        for identity, (chance, at, level, length) in zip(series, draws.tolist(), strict=True):
            _, event, area = identity.split(".")
            if chance >= _SCARES_PER_SERIES_DAY or event not in _SCARES or month not in _SCARES[event][0]:
                continue
            colour = 1 if level < 0.7 else 2
            hour = 24.0 * day + round(24.0 * at, 2)
            _, zh, en = _SCARES[event]
            found.append(
                Notice(
                    event=event,
                    area=area,
                    level=colour,
                    published_h=hour,
                    onset_h=hour + 6.0,
                    expires_h=hour + 18.0 + round(18.0 * length),
                    headline_zh=f"{zh}{_COLOUR_ZH[colour]}预警",
                    headline_en=f"{en} {_COLOUR_EN[colour]} warning",
                )
            )
    return found


def rows_of(notices: Sequence[Notice], start: datetime) -> list[NoticeRow]:
    """Rows of the notices in order of publication: Alert, then Update while one is in force, then Cancel when the last expires."""
    rows: list[NoticeRow] = []
    by_series: dict[str, list[Notice]] = {}
    for notice in sorted(notices, key=lambda n: n.published_h):
        by_series.setdefault(f"hazard.{notice.event}.{notice.area}", []).append(notice)
    for identity, chain in by_series.items():
        previous: tuple[str, float] | None = None
        for i, notice in enumerate(chain):
            is_update = previous is not None and notice.published_h < previous[1]
            references = [previous[0]] if previous is not None and is_update else []
            name = _identifier(notice, start, i)
            kind = "Cancel" if notice.level == 0 else ("Update" if is_update else "Alert")
            rows.append(_row(identity, notice, notice.published_h, notice.level, name, kind, references, start))
            previous = (name, notice.expires_h)
            is_replaced = i + 1 < len(chain) and chain[i + 1].published_h <= notice.expires_h
            if notice.level > 0 and not is_replaced:
                rows.append(_row(identity, notice, notice.expires_h, 0, f"{name}_c", "Cancel", [name], start))
    return sorted(rows, key=lambda r: (r.hour, r.series))


def level_at(rows: Sequence[NoticeRow], hour: float) -> dict[str, int]:
    """Level in force per series at ``hour``; series without a notice are absent."""
    return {row.series: row.level for row in rows if row.hour <= hour}


def _identifier(notice: Notice, start: datetime, number: int) -> str:
    stamp = (start + timedelta(hours=notice.published_h)).astimezone(CHINA).strftime("%Y%m%d%H%M%S")
    return f"{notice.area}_{notice.event}_{stamp}_{number}"


def _row(
    identity: str, notice: Notice, hour: float, level: int, name: str, kind: str, references: list[str], start: datetime
) -> NoticeRow:
    detail = {
        "identifier": name,
        "msgType": kind,
        "references": references,
        "event": notice.event,
        "area": notice.area,
        "onset": (start + timedelta(hours=notice.onset_h)).isoformat(),
        "expires": (start + timedelta(hours=notice.expires_h)).isoformat(),
        "headline_zh": notice.headline_zh if level else f"解除{notice.headline_zh}",
        "headline_en": notice.headline_en if level else f"Lifted: {notice.headline_en}",
    }
    return NoticeRow(series=identity, hour=hour, level=level, detail=msgspec.json.encode(detail).decode())
