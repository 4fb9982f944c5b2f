"""Ports: free ones outside the range of outgoing connections, and a clear word about a taken one."""

import os
import socket
from contextlib import closing

import pytest

from services.cli.stack.errors import PortTakenError
from services.cli.stack.ports import free_ports, holder_of, is_free, require_free


def test_free_ports_are_different_and_not_ephemeral() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(20_000 <= port < 61_000 and is_free(port) for port in ports)


def test_a_taken_port_names_its_holder_and_the_way_out() -> None:
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        holder = holder_of(port)
        assert holder is not None
        assert holder.pid == os.getpid()
        with pytest.raises(PortTakenError) as caught:
            require_free(port, "Kafka", "LIANJING_KAFKA_BOOTSTRAP")
    words = caught.value.text()
    assert f"pid {os.getpid()}" in words
    assert str(port) in words
    assert "LIANJING_KAFKA_BOOTSTRAP" in words
    assert holder_of(port) is None
