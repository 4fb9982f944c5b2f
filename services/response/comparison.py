"""What changed between two versions of a plan, in words. Pure."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from services.response.playbook import Playbook, Step


class Difference(Struct, frozen=True):
    """One change. ``place`` is a step, or a part of the plan; an empty ``before`` was added, an empty ``after`` removed."""

    place: str
    field: str
    before: str
    after: str

    def sentence(self) -> str:
        """The change as one line."""
        if not self.before:
            return f"+ {self.place} {self.field}: {self.after}"
        if not self.after:
            return f"- {self.place} {self.field}: {self.before}"
        return f"~ {self.place} {self.field}: {self.before} → {self.after}"


def differences(old: Playbook, new: Playbook) -> list[Difference]:
    """Changes of the head, then of the steps in the order of the new plan, then steps that are gone."""
    found = list(_of_fields("预案 plan", old, new, skipped=("steps", "version")))
    before = {step.id: step for step in old.steps}
    for step in new.steps:
        earlier = before.pop(step.id, None)
        if earlier is None:
            found.append(Difference(step.id, "步骤 step", "", _words(step)))
        else:
            found += _of_fields(step.id, earlier, step)
    found += [Difference(step.id, "步骤 step", _words(step), "") for step in before.values()]
    kept = [step.id for step in new.steps if old.step(step.id)]
    earlier_order = [step.id for step in old.steps if new.step(step.id)]
    if kept != earlier_order:
        found.append(Difference("预案 plan", "次序 order", "、".join(earlier_order), "、".join(kept)))
    return found


def _of_fields(place: str, old: Struct, new: Struct, skipped: tuple[str, ...] = ()) -> Iterator[Difference]:
    for field in old.__struct_fields__:
        before, after = getattr(old, field), getattr(new, field)
        if before != after and field not in skipped:
            yield Difference(place, field, _told(before), _told(after))


def _words(step: Step) -> str:
    return f"{step.kind.value} {step.text_zh}"


def _told(value: object) -> str:
    plain = msgspec.to_builtins(value)
    return str(plain) if isinstance(plain, str | int | float) else msgspec.json.encode(plain).decode()
