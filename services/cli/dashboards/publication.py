"""Puts boards into a running Grafana by its HTTP API. Provisioning by files is the usual way; this is for a Grafana that is not ours."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from services.runtime.errors import InputError, UnreachableError

_FOLDER = ("lianjing", "链警 Lianjing")


def publish(url: str, token: str, boards: Mapping[str, str]) -> list[str]:
    """Create the folder where it is missing and write every board over; return their addresses.

    Raises InputError for an address that is none or a token that is refused, UnreachableError when Grafana does not answer.
    """
    from grafana_api.grafana_api import GrafanaClientError, GrafanaServerError
    from grafana_api.grafana_face import GrafanaFace
    from requests.exceptions import RequestException

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"{url!r} 不是地址，如 https://grafana.example:3000 / is no address, such as the one named")
    grafana = GrafanaFace(
        auth=token, host=parts.hostname, port=parts.port, protocol=parts.scheme, url_path_prefix=parts.path.strip("/")
    )
    try:
        _ensure_folder(grafana)
        return [_write(grafana, url, json.loads(text)) for text in boards.values()]
    except GrafanaServerError as error:
        raise UnreachableError(f"{url}: Grafana 出错 Grafana failed: {error}") from error
    except GrafanaClientError as error:
        raise InputError(f"{url}: Grafana 拒绝 Grafana refuses (LIANJING_GRAFANA_SECRET?): {error}") from error
    except RequestException as error:
        raise UnreachableError(f"{url}: 连接不上 Grafana 不应答 Grafana does not answer") from error


def _ensure_folder(grafana: Any) -> None:
    uid, title = _FOLDER
    if not any(each["uid"] == uid for each in grafana.folder.get_all_folders()):
        grafana.folder.create_folder(title, uid)


def _write(grafana: Any, url: str, board: dict[str, Any]) -> str:
    answer = grafana.dashboard.update_dashboard(
        dashboard={
            "dashboard": board,
            "folderUid": _FOLDER[0],
            "overwrite": True,
            "message": "lianjing dashboards publish",
        }
    )
    return f"{url.rstrip('/')}{answer['url']}"
