"""What alerting shows to Prometheus: open episodes, steps, pages per office, floods. Pure beside the meters it is given."""

from contextlib import suppress

from schemas.alert import Alert, AlertState
from schemas.lane import kind_of
from schemas.level import rank
from services.alerting.budget import Budget
from services.runtime.metrics import Meters


class Display:
    """Gauges and counters of steps, in the order they were published."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._budgets: dict[str, Budget] = {}

    def show(self, alert: Alert) -> None:
        """Show a step."""
        kind = kind_of(alert.lane).value
        self._meters.counter("lianjing_alerts_total", kind, alert.level.value, alert.state.value).inc()
        if alert.muted_by:
            self._meters.counter("lianjing_alerts_hidden_total", kind, alert.level.value).inc()
        name = _gauge(alert)
        self._meters.gauge(name, *_labels(alert)).set(rank(alert.level) or 0)
        if alert.state is AlertState.CLOSED:
            self.forget(alert)
        self._count(alert)

    def forget(self, alert: Alert) -> None:
        """Take an episode's gauge away; one read back after a restart was never shown here."""
        with suppress(KeyError):
            self._meters.forget(_gauge(alert), *_labels(alert))

    def drop_lane(self, lane: str) -> None:
        """Forget the pages of a closed lane."""
        self._budgets.pop(lane, None)

    def _count(self, alert: Alert) -> None:
        budget = self._budgets.setdefault(alert.lane, Budget())
        budget.take(alert)
        kind = kind_of(alert.lane).value
        for office in alert.interrupts:
            self._meters.counter("lianjing_pages_total", kind, office).inc()
        for office, load in budget.loads().items():
            self._meters.gauge("lianjing_pages_window_pages", kind, office).set(load.window)
            self._meters.gauge("lianjing_pages_day_pages", kind, office).set(load.day)
            self._meters.gauge("lianjing_alarm_flood", kind, office).set(float(load.is_flooded))


def _gauge(alert: Alert) -> str:
    return "lianjing_data_alarm_level" if alert.hazard.is_of_data() else "lianjing_alert_level"


def _labels(alert: Alert) -> tuple[str, str, str, str, str]:
    return (kind_of(alert.lane).value, alert.chain, alert.node, alert.product, alert.hazard.value)
