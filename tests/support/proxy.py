"""A TCP proxy that fails on purpose: cut after N bytes, stall, reset, delay, narrow, refuse; or lets things happen."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


class Proxy:
    """Passes 127.0.0.1:`port` on to `target_port`. Faults act on what the server sends."""

    def __init__(self, target_port: int) -> None:
        self._target = target_port
        self._open = threading.Event()
        self._open.set()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._delay = 0.0
        self._rate = 0
        self._budget: int | None = None
        self._damage: tuple[bytes, bytes] | None = None
        self._before: dict[bytes, Callable[[], object]] = {}
        self._listener: socket.socket | None = None
        self.passed = 0
        """Bytes passed on from the server so far."""
        self.port = 0
        self.accept()

    def accept(self) -> None:
        """Listens (again), on the same port once it has one."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._serve, args=(listener,), daemon=True).start()

    def refuse(self) -> None:
        """No new connection gets through: the port is closed. Open ones live on."""
        if self._listener:
            # shutdown wakes the thread in accept(), which close alone would not.
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def stall(self) -> None:
        """Connections stay open, new ones are accepted, nothing passes."""
        self._open.clear()

    def resume(self) -> None:
        """Ends a stall."""
        self._open.set()

    def lead_to(self, target_port: int) -> None:
        """To another server from now on; open connections end, as those of a load balancer do."""
        self._target = target_port
        self.reset()

    def delay(self, seconds: float) -> None:
        """Every chunk from the server comes so much later."""
        self._delay = seconds

    def narrow(self, bytes_per_second: int) -> None:
        """No more of what the server sends passes on each connection; 0: all that it can."""
        self._rate = bytes_per_second

    def cut_after(self, count: int) -> None:
        """After `count` more bytes from the server its connection ends, even inside a packet; once."""
        with self._lock:
            self._budget = count

    def damage(self, good: bytes, bad: bytes) -> None:
        """`bad`, of the same length, takes the place of `good` where the server sends that in one piece."""
        self._damage = good, bad

    def before(self, query: bytes, do: Callable[[], object]) -> None:
        """`do` is done before a client's `query` passes on, unencrypted and in one piece; once."""
        self._before[query] = do

    def reset(self) -> None:
        """All open connections end with RST."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for sock in pair:
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            _end(pair)

    def close(self) -> None:
        """Ends everything."""
        self._stop.set()
        self._open.set()
        self.refuse()
        self.reset()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            pair = (client, server)
            with self._lock:
                self._pairs.append(pair)
            threading.Thread(target=self._pump, args=(client, server, pair, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, pair, True), daemon=True).start()

    def _pump(
        self, source: socket.socket, sink: socket.socket, pair: tuple[socket.socket, socket.socket], faulty: bool
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._open.wait()
                if faulty:
                    if self._delay:
                        self._stop.wait(self._delay)
                    if self._rate:
                        self._stop.wait(len(data) / self._rate)
                    if self._damage:
                        data = data.replace(*self._damage)
                    data, cut = self._within_budget(data)
                    self.passed += len(data)
                    sink.sendall(data)
                    if cut:
                        break
                else:
                    # Each connection has a pump, and this happens in one of them alone.
                    for query in list(self._before):
                        if query in data and (do := self._before.pop(query, None)):
                            do()
                    sink.sendall(data)
        _end(pair)

    def _within_budget(self, data: bytes) -> tuple[bytes, bool]:
        with self._lock:
            if self._budget is None:
                return data, False
            passed = data[: self._budget]
            self._budget -= len(passed)
            if self._budget:
                return passed, False
            self._budget = None
            return passed, True


def _end(pair: tuple[socket.socket, socket.socket]) -> None:
    for sock in pair:
        # shutdown wakes the other pump, without whose hold on the socket close takes effect. With linger 0 close sends
        # RST, and shutdown must send nothing.
        with suppress(OSError):
            linger = sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
            sock.shutdown(socket.SHUT_RD if linger == struct.pack("ii", 1, 0) else socket.SHUT_RDWR)
        sock.close()
