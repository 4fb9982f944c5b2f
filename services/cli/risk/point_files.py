"""The inventory of risk points as a table (CSV) and as a map layer (GeoJSON)."""

import csv
import io
import json
from typing import Any

from services.cli.risk.ranking_view import REASONS
from services.risk.analysis.risk_points import RiskPoint, RiskPoints

_COLUMNS = (
    *(
        "序号 no",
        "编号 id",
        "名称 name_zh",
        "name_en",
        "原因 reasons",
        "期望损失(元) loss_cny",
        "其中用户(元) users_cny",
    ),
    *(
        "撑到下限(时) survive_to_minimum_h",
        "撑到零(时) survive_to_zero_h",
        "恢复P50(时) recover_p50_h",
        "ESRI",
        "单点影响 starves",
    ),
    *(
        "补链状态 remedy_state",
        "补链建议 remedy_zh",
        "remedy_en",
        "链长 chain_chief",
        "链主 chain_leader",
        "牵头部门 lead_department",
    ),
    *(
        "工作专班 work_team",
        "区划 admin_code",
        "纬度(示意) lat",
        "经度(示意) lon",
        "数据时点 as_of",
        "是否实时 is_live",
    ),
)


def as_csv(found: RiskPoints) -> str:
    """One row per point under a row of headings; what computes to nothing is empty."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(_COLUMNS)
    for number, point in enumerate(found.points, 1):
        writer.writerow(_guarded(cell) for cell in _row(found, number, point))
    return target.getvalue()


def _row(found: RiskPoints, number: int, point: RiskPoint) -> list[Any]:
    k, remedy, owner = point.link, point.remedy, point.link.owner
    return [
        *(number, k.id, k.name_zh, k.name_en, "、".join(REASONS[r][0] for r in point.reasons)),
        *(
            k.loss_cny,
            k.users_cny,
            _plain(k.survive_to_minimum_h),
            _plain(k.survive_to_zero_h),
            _plain(k.recover_p50_h),
        ),
        *(_plain(k.esri, 4), " ".join(k.starves)),
        *((remedy.state, remedy.text_zh, remedy.text_en) if remedy else ("", "", "")),
        *(owner.chain_chief, owner.chain_leader, owner.lead_department, owner.work_team),
        *(
            point.admin_code,
            point.lat,
            point.lon,
            found.basis.as_of.isoformat(),
            "yes" if found.basis.is_live else "no",
        ),
    ]


def _plain(value: float | None, digits: int = 1) -> float | str:
    return "" if value is None else round(value, digits)


def _guarded(cell: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell


def as_geojson(found: RiskPoints) -> str:
    """Points for nodes, lines for links (RFC 7946, longitude first). Every feature says that its place is illustrative."""
    features = [_feature(number, point) for number, point in enumerate(found.points, 1)]
    zh, en = found.basis.in_words()
    layer = {"type": "FeatureCollection", "name": "断供断链风险点", "as_of": found.basis.as_of.isoformat()}
    return json.dumps(layer | {"note_zh": zh, "note_en": en, "features": features}, ensure_ascii=False, indent=1)


def _feature(number: int, point: RiskPoint) -> dict[str, Any]:
    k, remedy = point.link, point.remedy
    here = [point.lon, point.lat]
    geometry: dict[str, Any] = {"type": "Point", "coordinates": here}
    if point.end_lon is not None and point.end_lat is not None:
        geometry = {"type": "LineString", "coordinates": [here, [point.end_lon, point.end_lat]]}
    return {
        "type": "Feature",
        "id": k.id,
        "geometry": geometry,
        "properties": {
            "rank": number,
            "name_zh": k.name_zh,
            "name_en": k.name_en,
            "reasons": point.reasons,
            "loss_cny": k.loss_cny,
            "starves": k.starves,
            "remedy_state": remedy.state if remedy else None,
            "remedy_zh": remedy.text_zh if remedy else None,
            "lead_department": k.owner.lead_department,
            "work_team": k.owner.work_team,
            "is_illustrative": point.is_illustrative,
            "coordinates": "示意，±20 km；链路为两端直线 illustrative, ±20 km; links are straight lines",
        },
    }
