"""A producer goes on after an outage that outlasts its delivery timeout: mends how kafka-python 3.0 gets itself a new producer id."""

from typing import Any

from kafka.producer.transaction_manager import TransactionState


def renew_lost_producer_ids(producer: Any) -> None:
    """Let an idempotent producer that gave up its id ask for another.

    When a batch that was sent before expires, kafka-python 3.0 forgets its producer id (``reset_producer_id``) and asks for a new one only in the
    state UNINITIALIZED, which it does not go back to. From then on nothing is sent, nothing fails and nothing expires.
    """
    manager = producer._transaction_manager  # no public way; a test watches it
    if manager is None:
        return
    forget = manager.reset_producer_id

    def forget_and_begin_anew() -> None:
        with manager._lock:
            forget()
            if manager._current_state == TransactionState.READY:
                manager._current_state = TransactionState.UNINITIALIZED

    manager.reset_producer_id = forget_and_begin_anew


def is_beyond_help(producer: Any) -> bool:
    """True for a producer that will refuse everything from now on: only a new one can send."""
    manager = producer._transaction_manager
    return manager is not None and bool(manager.has_fatal_error())
