"""The stage on the real database (both modes) and broker: killed, restarted, cut off; every run exactly once."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from msgspec import structs

from schemas.alert import Alert, AlertState
from schemas.level import Level
from schemas.run import RunState

MakeAlert = Callable[..., Alert]
PASSWORD = "for-tests"
SEED = int(os.environ.get("LIANJING_TEST_SEED", "20261"))


@pytest.fixture
def stories(line: Any, make_alert: MakeAlert) -> Callable[[int], list[Alert]]:
    """Episodes that open at yellow and rise to red; every third closes. They take turns, node by node."""

    def make(number: int) -> list[Alert]:
        found: list[Alert] = []
        for sequence, level in ((1, Level.YELLOW), (2, Level.RED), (3, Level.NORMAL)):
            for episode in range(number):
                alert = make_alert(
                    sequence, level, lane=line.lane, chain=line.lane.replace(":", "-"), episode=f"ep-{episode}"
                )
                alert = structs.replace(alert, node="PDC"[episode % 3], path=["R", "PDC"[episode % 3]])
                if sequence < 3 or episode % 3 == 0:
                    found.append(structs.replace(alert, state=AlertState.CLOSED) if sequence == 3 else alert)
        return found

    return make


def check(line: Any, number: int) -> None:
    """Everything of ``number`` stories exactly once: runs, events, tasks, notifications, topic, log."""
    ports, demands, plants = (len(range(start, number, 3)) for start in range(3))
    runs = 2 * ports + demands + plants
    assert line.count("run") == runs
    assert line.count("run", "state = 'done'") == 2 * ports
    assert line.count("run", "state = 'running' AND level = 'red' AND ended_at IS NULL") == demands + plants
    assert line.count("run_event", "kind = 'started'") == runs
    assert line.count("run_event", "kind = 'level'") == runs
    assert line.count("run_event", "kind = 'taken'") == 6 * (ports + demands) + 5 * (ports + plants)
    assert line.count("task", "state = 'open'") == 4 * demands + 3 * plants
    assert line.count("task", "state = 'cancelled'") == 4 * ports + 3 * ports
    assert line.count("notification") == line.count("notification", "state = 'sent'") > runs
    published = line.published()
    assert len({r.run_id for r in published}) == runs
    newest = {r.run_id: r for r in published}
    assert Counter(r.state for r in newest.values()) == {RunState.DONE: 2 * ports, RunState.RUNNING: demands + plants}
    logged = line.logged()
    assert len(logged) == len(set(logged)) == line.count("notification")


def test_alerts_become_runs_in_the_role_of_the_stage(line: Any, stories: Callable[[int], list[Alert]]) -> None:
    line.start()
    line.send(stories(6))
    line.until(line.is_done)
    check(line, 6)
    document = line.rows("SELECT document->'steps'->0->>'id' FROM run WHERE lane = %s LIMIT 1", line.lane)
    assert document[0][0].startswith("tell-")
    assert line.stop() == 0
    assert "📣 通知" in (line.home / "response.out").read_text("utf-8")


@pytest.mark.parametrize(("number", "kills"), [(60, 3), pytest.param(300, 20, marks=pytest.mark.full)])
def test_killed_while_starting_runs_every_run_is_there_once(
    line: Any, stories: Callable[[int], list[Alert]], number: int, kills: int
) -> None:
    rng = random.Random(SEED)
    moments: list[float] = []
    alerts = stories(number)
    line.start()
    for part in range(kills):
        before = line.count("run_event")
        line.send(alerts[part * len(alerts) // kills : (part + 1) * len(alerts) // kills])
        line.until(lambda before=before: line.count("run_event") > before)
        moments.append(round(rng.uniform(0.0, 0.4), 3))
        time.sleep(moments[-1])
        line.kill()
        line.start()
    line.until(line.is_done)
    print(f"seed {SEED}, killed {moments} s after each part began to be stored")
    check(line, number)
    line.send(alerts)
    line.send(stories(number + 1))
    line.until(line.is_done)
    check(line, number + 1)


def test_database_and_broker_restarts_lose_nothing(
    line: Any, broker: Any, stories: Callable[[int], list[Alert]]
) -> None:
    alerts = stories(60)
    line.start()
    line.send(alerts[:40])
    line.until(lambda: line.count("run") > 0)
    line.database.restart()
    line.send(alerts[40:80])
    broker.restart()
    line.send(alerts[80:])
    line.database.kill()
    line.database.start()
    line.until(line.is_done, 90)
    check(line, 60)
    assert line.stop() == 0


def test_the_outbox_resumes_when_the_broker_is_back(
    line: Any, broker: Any, stories: Callable[[int], list[Alert]]
) -> None:
    line.start()
    line.send(stories(6))
    line.until(line.is_done)
    broker.stop()
    _forget_what_was_sent(line)
    line.until(lambda: line.count("notification", "state = 'pending'") == 0)
    assert not line.is_quiet()
    broker.start()
    line.until(line.is_quiet)
    check(line, 6)
    told = [(run.run_id, run.state, run.level) for run in line.published()]
    assert len(told) >= 2 * len(set(told))


def test_killed_between_sending_and_recording_the_log_repeats_nothing(
    line: Any, stories: Callable[[int], list[Alert]]
) -> None:
    line.start()
    line.send(stories(6))
    line.until(line.is_done)
    line.kill()
    _forget_what_was_sent(line)
    line.start()
    line.until(line.is_quiet)
    check(line, 6)
    assert len(line.written()) == len(set(line.written()))


def _forget_what_was_sent(line: Any) -> None:
    """What a kill between sending and recording leaves: the whole last batch of notifications, and the outbox, are to be sent again."""
    with psycopg.connect(line.database.url) as connection:
        connection.execute("UPDATE outbox SET published_at = NULL")
        connection.execute(
            "UPDATE notification SET state = 'pending', sent_at = NULL WHERE sent_at = (SELECT max(sent_at) FROM notification)"
        )
