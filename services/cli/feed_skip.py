"""``lianjing feed skip``: an audited word that a message which stops its partition may be passed over."""

import re

import click


def _topic(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    return value if value.startswith("lianjing.") else f"lianjing.feed.{value}"


@click.command("skip")
@click.argument("topic", callback=_topic)
@click.argument("partition", type=click.IntRange(0))
@click.argument("offset", type=click.IntRange(0))
@click.option("--reason", required=True, help="为什么，写入审计。 Why; it is kept.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
def command(topic: str, partition: int, offset: int, reason: str, as_json: bool) -> None:
    """跳过一条使分区停住的消息；消息转为退回记录，不会消失。 Skip one message; it becomes a rejection and does not vanish.

    \b
    Example:  lianjing feed skip production 3 81523 --reason "写入失败，已另行补报 resent by hand"
    Exit codes: 0 ordered, 2 wrong use, 3 the broker is away.
    """
    import getpass
    import hashlib
    from datetime import UTC, datetime

    import msgspec

    from schemas.command import Command
    from schemas.lane import LIVE
    from schemas.topic import FEED_TOPICS
    from services.intake.publisher import Publisher
    from services.runtime.errors import InputError
    from services.runtime.kafka import KafkaStreamProducer
    from services.runtime.settings import Settings

    known = {t.name: t.partitions for t in FEED_TOPICS.values()}
    if topic not in known or partition >= known[topic] or not re.search(r"\S", reason):
        names = ", ".join(known)
        raise InputError(f"应为 {names}，分区 0–11，并写明原因 / give one of {names}, a partition 0–11 and a reason")
    order = Command(
        command_id=hashlib.sha256(f"skip\x1f{topic}\x1f{partition}\x1f{offset}".encode()).hexdigest()[:24],
        lane=LIVE,
        kind="ingest.skip",
        actor=getpass.getuser(),
        reason=reason,
        issued_at=datetime.now(UTC),
        arguments={"topic": topic, "partition": str(partition), "offset": str(offset)},
    )
    producer = KafkaStreamProducer(Settings.from_environment(), client_id="feed-skip")
    try:
        Publisher(producer, dict).command(order)
    finally:
        producer.close()
    if as_json:
        click.echo(msgspec.json.encode(order).decode())
    else:
        click.echo(f"已下令跳过 {topic}/{partition}/{offset}。 Ordered to skip {topic}/{partition}/{offset}.")
