"""``lianjing alert outcomes`` and ``confirm``: the ledger, and a person's verdict."""

from typing import TYPE_CHECKING

import click

from services.cli.alert.look import json_option, lane_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.outcome import Outcome

_VERDICTS = ["occurred", "averted", "false", "undecidable", "missed"]


@click.command("outcomes")
@lane_option
@click.option("--open", "only_open", is_flag=True, help="只看待人工核定的。 Only those that await a person's verdict.")
@json_option
def outcomes(lane: str, only_open: bool, as_json: bool) -> None:
    """结果台账：每个已关闭的预警后来怎样，哪些断链没有预警；据此计算实绩。 The ledger, and the live skill it makes.

    \b
    Example:  lianjing alert outcomes --open
    Exit codes: 0 shown, 3 the database is away.
    """
    import msgspec

    from schemas.outcome import VERDICT_ZH, Outcome
    from services.cli.alert.words import stamp
    from services.cli.database_question import ask

    rows = ask("SELECT * FROM v_outcome_latest WHERE lane = %s ORDER BY COALESCE(opened_at, event_at)", (lane,))
    found = [msgspec.convert(row, Outcome) for row in rows]
    shown = [o for o in found if not (only_open and o.confirmed_by)]
    if as_json:
        click.echo(msgspec.json.encode({"outcomes": shown, "skill": skill(found)}).decode())
        return
    for o in shown:
        when = stamp(o.event_at) if o.event_at else "–"
        who = f"{o.confirmed_by} 核定 confirmed" if o.confirmed_by else "待核定 by rule"
        click.echo(
            f"{VERDICT_ZH[o.verdict]} {o.verdict.value:<11} {o.node} {o.product} {o.hazard.value}  断链 break {when}  {who}  {o.outcome}"
        )
        for action in o.actions:
            click.echo(f"    处置 done: {action}")
        if o.actions and o.foretold_hours is not None:
            click.echo(
                f"    不处置 otherwise: 预计 {o.foretold_hours:.0f} h 后到限 to the limit, P(72 h) {o.foretold_probability.get('72', 0):.0%}"
            )
    for name, value in skill(found).items():
        click.echo(f"{name}: {'–' if value is None else f'{value:g}'}")


@click.command("confirm")
@click.argument("outcome")
@click.argument("verdict", type=click.Choice(_VERDICTS))
@click.option("--reason", required=True, help="依据，写入审计。 On what grounds; it is kept.")
@lane_option
@json_option
def confirm(outcome: str, verdict: str, reason: str, lane: str, as_json: bool) -> None:
    """核定结果：发生、处置后避免、误报、无法判定、漏报；此后规则不再改动。 A person's verdict; no rule changes it afterwards.

    \b
    Example:  lianjing alert confirm out-0123456789abcdef averted --reason "调运到位后库存回升"
    Exit codes: 0 ordered, 2 no such entry, 3 a part is away.
    """
    import msgspec

    from services.cli.archive.audit import note
    from services.cli.database_question import ask
    from services.runtime.errors import InputError
    from services.runtime.settings import Settings

    rows = ask("SELECT outcome FROM v_outcome_latest WHERE lane = %s AND starts_with(outcome, %s)", (lane, outcome))
    if len(rows) != 1 or not reason.strip():
        raise InputError(
            f"{outcome}: 对应 fits {len(rows)} 条台账 entries; 见 see lianjing alert outcomes; 须写明依据 and a reason is needed"
        )
    arguments = {"outcome": str(rows[0]["outcome"]), "verdict": verdict}
    command = note(Settings.from_environment(), "outcome.confirm", arguments, reason, lane=lane)
    click.echo(
        msgspec.json.encode(command).decode() if as_json else f"已提交核定 ordered: {arguments['outcome']} {verdict}"
    )


def skill(found: "Sequence[Outcome]") -> dict[str, float | None]:
    """Live skill. Averted and undecidable entries count nowhere; a warning no earlier than its break is a miss."""
    verdicts = [o.verdict.value for o in found]
    hits = sum(o.verdict.value == "occurred" and (o.lead_hours or 0) > 0 for o in found)
    late = verdicts.count("occurred") - hits
    missed, false = verdicts.count("missed") + late, verdicts.count("false")
    leads = sorted(o.lead_hours for o in found if o.verdict.value == "occurred" and o.lead_hours and o.lead_hours > 0)
    return {
        "hits": hits,
        "misses": missed,
        "false_alarms": false,
        "averted": verdicts.count("averted"),
        "undecidable": verdicts.count("undecidable"),
        "pod": _share(hits, hits + missed),
        "far": _share(false, hits + false),
        "csi": _share(hits, hits + missed + false),
        "lead_median_h": leads[len(leads) // 2] if leads else None,
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
