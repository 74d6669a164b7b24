"""The delay proxy: what goes in comes out, both ways, not before its time; the plain link runs a whole session."""

import os
import socket
import threading
import time

import pytest

from benchmarks import link
from benchmarks.delay import delayed


def test_bytes_pass_unchanged_in_both_directions_and_not_early() -> None:
    data = os.urandom(3_000_000)
    with socket.create_server(("127.0.0.1", 0)) as server, delayed([server.getsockname()[1]], 0.05) as (port,):
        got = bytearray()

        def answer() -> None:
            end, _ = server.accept()
            with end:
                while piece := end.recv(1 << 20):
                    got.extend(piece)
                end.sendall(data[::-1])

        thread = threading.Thread(target=answer)
        thread.start()
        back = bytearray()
        with socket.create_connection(("127.0.0.1", port)) as client:
            began = time.monotonic()
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            while piece := client.recv(1 << 20):
                back.extend(piece)
        assert time.monotonic() - began >= 0.1
        thread.join(5)
    assert got == data
    assert back == data[::-1]


@pytest.mark.slow
def test_the_link_benchmark_measures_both_kinds_of_link() -> None:
    for plain in (False, True):
        figures = link.measure(plain, 1)
        assert figures["round trip, 256 B, us"] > 0
        assert figures["receive 64 MB messages, CPU ms per MB"] > 0
