"""Files through the front door: the drop folder and the upload, on the real broker."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

pytestmark = pytest.mark.integration
QHD = "stock.P_QHD.steam_coal"
YESTERDAY = (datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(days=1)).date()


def csv(values: list[object]) -> str:
    days = [YESTERDAY - timedelta(days=i) for i in range(len(values))]
    return "序列,日期,数值,单位\n" + "".join(f"{QHD},{d},{v},万吨\n" for d, v in zip(days, values, strict=True))


@pytest.fixture
def inbox(stable: Any, tmp_path: Path, eventually: Any) -> Path:
    """The inbox of provider ``port`` of an intake with a drop folder."""
    intake = stable.make(LIANJING_DROP_FOLDER=str(tmp_path / "drop"))
    intake.start()
    intake.wait_until_ready()
    folder = tmp_path / "drop" / "port" / "inbox"
    eventually(folder.is_dir, "the inbox")
    return folder


def test_a_dropped_file_moves_to_done_once_the_broker_has_it(inbox: Path, topics: Any, eventually: Any) -> None:
    unfinished = inbox / "half.csv.part"
    unfinished.write_text("序列,日期")
    (inbox / "日报.csv").write_bytes(csv([500, "很多", 501]).encode("gbk"))
    done = inbox.parent / "done"
    eventually((done / "日报.csv").exists, "the file in done")
    report = msgspec.json.decode((done / "日报.csv.report.json").read_bytes())
    assert (report["accepted"], report["rejected"]) == (2, 1)
    assert "!3:3" in (done / "日报.csv.report.txt").read_text()
    assert {i for i in report["ids"] if not i.startswith("rej-")} == set(topics.rows())
    assert [r.origin for r in topics.rejections()] == ["file:日报.csv!3:3"]
    assert unfinished.exists(), "a file being written is not read"


def test_a_file_of_which_nothing_is_good_moves_to_failed(inbox: Path, eventually: Any) -> None:
    (inbox / "bad.xls").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600)
    (inbox / "link.csv").symlink_to("/etc/hostname")
    eventually((inbox.parent / "failed" / "bad.xls").exists, "the file in failed")
    assert "xlsx" in (inbox.parent / "failed" / "bad.xls.report.txt").read_text()
    assert (inbox / "link.csv").is_symlink(), "a link is never followed"


def test_files_wait_for_the_broker(inbox: Path, broker: Any, topics: Any, eventually: Any) -> None:
    broker.kill()
    (inbox / "a.csv").write_text(csv([500]))
    broker.start()
    eventually((inbox.parent / "done" / "a.csv").exists, "the file in done", 60)
    assert len({(s, t) for s, t, _ in topics.rows().values()}) == 1


def test_an_upload_and_its_rehearsal(front: Any) -> None:
    body = csv([500, "nan", 501, -3]).encode()
    with front.client() as client:
        rehearsed = client.post("/v1/files?name=a.csv&dry_run=1", content=body).json()
        assert (rehearsed["accepted"], rehearsed["rejected"], rehearsed["is_dry_run"]) == (2, 2, True)
        assert [r["origin"] for r in rehearsed["rejections"]] == ["file:a.csv!3:3", "file:a.csv!5:3"]
        assert front.topics.rows() == {}
        sent = client.post("/v1/files?name=a.csv", content=body)
        assert sent.status_code == 207
        assert set(front.topics.rows()) == {i for i in sent.json()["ids"] if not i.startswith("rej-")}
        assert client.post("/v1/files", content=body).status_code == 400
        assert client.post("/v1/files?name=a.csv&mapping=none", content=body).status_code == 400
        assert client.post("/v1/files?name=../a.csv", content=body).status_code == 400


def test_a_notice_by_http(front: Any) -> None:
    sent = datetime.now(ZoneInfo("Asia/Shanghai")).replace(microsecond=0)
    body = (
        f"<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>w{os.getpid()}-{sent.timestamp():.0f}</identifier>"
        f"<sender>nmc.cn</sender><sent>{sent.isoformat()}</sent><status>Actual</status><msgType>Alert</msgType>"
        "<scope>Public</scope><info><language>zh-CN</language><category>Met</category><event>暴雪</event>"
        "<urgency>Expected</urgency><severity>橙色</severity><certainty>Likely</certainty><area><areaDesc>伊旗</areaDesc>"
        "<geocode><valueName>c</valueName><value>150627</value></geocode></area></info></alert>"
    ).encode()
    with front.client("weather-office") as client:
        reply = client.post("/v1/cap", content=body)
        assert reply.status_code == 200, reply.text
        (row,) = front.topics.rows().values()
        assert (row[0], row[2]) == ("hazard.snow.150627", 3)
        assert client.post("/v1/cap", content=b"<!DOCTYPE a [<!ENTITY b 'c'>]><alert>&b;</alert>").status_code == 422
        assert client.post("/v1/cap", content=b"<a>" + b" " * 1_100_000).status_code == 413
    with front.client() as other:
        assert other.post("/v1/cap", content=body).json()["rejections"][0]["reason"] == "foreign_series"
