"""Good inputs from which fuzzing starts."""

from io import BytesIO

import openpyxl

RECORD = b'{"series":"stock.P_QHD.steam_coal","observed_at":"2026-11-22T18:00:00+08:00","value":520,"unit":"\xe4\xb8\x87\xe5\x90\xa8"}'
COLUMNS = b'{"series":["stock.P_QHD.steam_coal"],"observed_at":["2026-11-22T10:00:00Z"],"value":[5e6],"unit":"t"}'
CSV = '港口日报,,\n单位：万吨,,\n日期,港口,库存(万吨)\n2026年11月21日,秦皇岛港,"5,20.5"\n2026-11-22,秦皇岛港,521\n'.encode()
LONG = "序列,日期,数值,单位,质量\nstock.P_QHD.steam_coal,46348,520,万吨,正常\n".encode("gbk")
CAP = (
    '<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>a1</identifier>'
    "<sender>nmc.cn</sender><sent>2026-11-22T18:00:00+08:00</sent><status>Actual</status><msgType>Update</msgType>"
    "<scope>Public</scope><references>nmc.cn,a0,2026-11-22T10:00:00+08:00</references><info><event>暴雪橙色预警</event>"
    "<severity>Severe</severity><expires>2026-11-23T18:00:00+08:00</expires><area><areaDesc>伊旗</areaDesc>"
    "<polygon>39,110 39,111 40,111 39,110</polygon><geocode><value>150627</value></geocode></area></info></alert>"
).encode()


def workbook() -> bytes:
    """A small workbook with merged cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["日报", None, None], ["日期", "港口", "库存(万吨)"], ["2026-11-22", "秦皇岛港", 520]):
        sheet.append(row)
    sheet.merge_cells("A1:C1")
    out = BytesIO()
    book.save(out)
    return out.getvalue()


SEEDS: dict[str, list[bytes]] = {
    "json": [RECORD, COLUMNS, b"[" + RECORD + b"," + RECORD + b"]"],
    "lines": [RECORD + b"\n" + RECORD + b"\n"],
    "csv": [CSV, LONG],
    "excel": [workbook()],
    "cap": [CAP],
}
