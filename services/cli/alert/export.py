"""``lianjing alert export``: an episode as CAP 1.2 messages, or in the style of GB/T 35965.1-2018, into a folder."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from services.cli.alert.look import json_option, lane_option

if TYPE_CHECKING:
    from schemas.chain import Node
    from services.alerting.cap.publication import Publication
    from services.runtime.settings import Settings

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("export")
@click.argument("episode")
@click.option(
    "--format", "form", type=click.Choice(["cap", "gb"]), default="cap", show_default=True, help="格式。 Form."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="目录。 Folder.")
@click.option("--key", type=_FILE, help="签名私钥 PEM。 Private key that signs CAP.")
@click.option("--certificate", type=_FILE, help="证书链 PEM，签名者在前。 Certificates, the signer's first.")
@lane_option
@json_option
def export(
    episode: str, form: str, out: Path, key: Path | None, certificate: Path | None, lane: str, as_json: bool
) -> None:
    """导出一个预警的消息链（首报、更新、取消）。未审批的为 Draft，演练为 Exercise；公开须两人审批。 Export the chain of messages of an episode.

    Status is Actual only after `lianjing alert approve`; scope is Private or Restricted unless two persons approved Public.

    \b
    Example:  lianjing alert export ep-0123 --out cap/ --key key.pem --certificate chain.pem
    Exit codes: 0 written, 2 wrong use, 3 the broker is away.
    """
    import json

    from services.alerting.cap.chain import chain_of
    from services.alerting.cap.document import cap_document
    from services.alerting.cap.national import national_document
    from services.alerting.cap.signature import signed
    from services.cli.alert.topics import last_step, read_alerts
    from services.runtime.settings import Settings

    if (key is None) != (certificate is None) or (key is not None and form == "gb"):
        raise click.UsageError("--key 与 --certificate 须一起给出，且只用于 cap; both or neither, and for cap alone")
    settings = Settings.from_environment()
    last = last_step(settings, lane, episode)
    steps = [a for a in read_alerts(settings, lane) if a.episode == last.episode]
    node, publication = _node(settings, last.chain, last.node), _publication(settings)
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for message in chain_of(steps):
        document = (national_document if form == "gb" else cap_document)(message, node, publication)
        if key is not None and certificate is not None:
            document = signed(document, key.read_bytes(), certificate.read_bytes())
        path = out / f"{message.identifier}.{form}.xml"
        path.write_bytes(document)
        written.append({"file": str(path), "type": message.type, "status": message.status, "scope": message.scope})
    if as_json:
        click.echo(json.dumps(written, ensure_ascii=False))
        return
    for each in written:
        click.echo(f"{each['type']:<7} {each['status']:<9} {each['scope']:<11} {each['file']}")


def _node(settings: "Settings", chain: str, node: str) -> "Node":
    from services.runtime.errors import InputError
    from services.runtime.kafka import KafkaStreamConsumer
    from services.runtime.registry import Registry

    registry = Registry(KafkaStreamConsumer(settings, client_id="lianjing-alert"))
    try:
        registry.open()
        registry.load()
    finally:
        registry.close()
    known = registry.chains.get(chain)
    found = next((n for n in known.nodes if n.id == node), None) if known is not None else None
    if found is None:
        raise InputError(f"{chain}/{node}: 登记的链条中没有此节点 the registered chain has no such node")
    return found


def _publication(settings: "Settings") -> "Publication":
    from services.alerting.cap.publication import parse_publication
    from services.runtime.assets import asset_path

    own = settings.config / "alerting" / "publication.yaml" if settings.config is not None else None
    path = own if own is not None and own.exists() else asset_path("deploy/config") / "alerting" / "publication.yaml"
    return parse_publication(path.read_text(encoding="utf-8"), "alerting/publication.yaml")
