"""An endpoint of a cluster: a TCP address on loopback that leads to one of the lab's servers, or to none."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress

from tailrace.errors import LabError

CONNECT_SECONDS = 5.0
_RESET = struct.pack("ii", 1, 0)
Pair = tuple[socket.socket, socket.socket]


class Endpoint:
    """Closed (connections are refused) until `lead_to`. What is connected stays so until `cut`, as with a DNS name."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._target: tuple[str, int] | None = None
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()
        self._pairs: set[Pair] = set()

    @property
    def target(self) -> tuple[str, int] | None:
        """Host and port that it leads to; None: it is closed."""
        return self._target if self._listener else None

    def lead_to(self, host: str, port: int) -> None:
        """New connections go there. Raises LabError where the address cannot be listened on."""
        self._target = (host, port)
        if self._listener is None:
            try:
                listener = socket.create_server((self.host, self.port))
            except OSError as error:
                raise LabError(
                    f"the endpoint cannot be opened: {error}",
                    where=f"{self.host}:{self.port}",
                    hint=f"macOS: sudo ifconfig lo0 alias {self.host}",
                ) from error
            self._listener = listener
            threading.Thread(target=self._serve, args=(listener,), daemon=True).start()

    def close(self) -> None:
        """Refuses connections, and cuts those that are open."""
        listener, self._listener = self._listener, None
        if listener:
            # shutdown wakes the thread in accept(), which close alone would not.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def cut(self) -> None:
        """Open connections end with RST; new ones are accepted."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                with suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    # Wakes the pump that reads it; with linger 0 the close that follows sends RST.
                    end.shutdown(socket.SHUT_RD)
                end.close()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            target = self._target
            try:
                if target is None:
                    raise ConnectionRefusedError
                server = socket.create_connection(target, CONNECT_SECONDS)
                server.settimeout(None)
            except OSError:
                client.close()
                continue
            pair = (client, server)
            with self._lock:
                self._pairs.add(pair)
            for source, sink in (pair, pair[::-1]):
                threading.Thread(target=self._pump, args=(source, sink, pair), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, pair: Pair) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
