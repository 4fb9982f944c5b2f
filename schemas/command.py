"""What a person decides or reports, as a record."""

from datetime import datetime

from msgspec import Struct


class Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision of a person: who, when, what, why. ``kind`` names it, ``arguments`` are its values (text only).

    Kinds: ``ingest.skip`` (topic, partition, offset), ``rejection.resend`` (rejection_id, record_id), ``provider.add|rotate|revoke``
    (provider), ``lane.open|close`` (lane), ``table.rebuild`` (table, since); questions that risk answers: ``risk.what_if``,
    ``risk.key_links``, ``risk.risk_points``, ``risk.remedy``, ``risk.balance``, ``risk.blockages``, ``risk.flows`` (docs/what-if.md); of messages
    (docs/messages.md): ``message.acknowledge`` (notification, person, name), ``message.receipt`` (notification, event, channel),
    ``call.answered`` (call, name, note); of a drill alone, ``drill.roster`` (persons, separated by commas) and ``message.send``
    (notification, recipient, person, text_zh, text_en); what people order about alerts: ``alert.…``, ``outcome.confirm``
    (schemas/alert_command.py); of playbooks (docs/playbooks.md): ``task.done`` (task, result, answered_by, done_by), ``task.delegate``
    (task, to), ``playbook.approve`` (task, signer, document, scope, level, comment), ``playbook.refuse`` (task, comment),
    ``playbook.start`` (playbook, chain, node, product, hazard, level), ``playbook.undo`` (run, step), ``playbook.respond`` (run, level),
    ``playbook.lift`` and ``playbook.end`` (run); of a drill, in its lane (docs/drills.md): ``drill.act`` (step, on, member),
    ``drill.record`` (the same, by the organiser), ``drill.mark`` (objective, rating), ``drill.stop`` (word), ``drill.pause|resume|end``,
    ``drill.step`` (minutes), ``drill.rewind`` (to), ``drill.rate`` (rate), ``drill.give`` (inject); to the master of drills:
    ``drill.files``, ``drill.start`` (file, rate, scripted), ``drill.abandon`` (drill); of the duty room: ``shift.take`` (chain),
    ``shift.hand`` (chain, note, to); of contacts, roster and channels: ``contact.put`` (file, key, entry) and ``contact.end`` (file,
    key); of what comes by telephone 接报 (docs/console.md): ``report.event`` (action add, revise or end; event; one of node, link and area;
    kind, left, begun_at, earliest_h, likely_h, latest_h, source, caller, verified, note) and ``report.stock`` (action add or withdraw;
    node, product, value, unit, observed_at, source, caller, verified, note).
    """

    command_id: str
    lane: str
    kind: str
    actor: str
    reason: str
    issued_at: datetime
    arguments: dict[str, str] = {}
    v: int = 1
