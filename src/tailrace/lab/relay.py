"""The program of `proxy.Proxy`: passes TCP connections on, as `relay.json` in its folder says.

Run as a file (`python -I -S relay.py FOLDER`), so that it starts in milliseconds and imports nothing of tailrace. It
looks for changes of that file 50 times a second, and says in `relay.applied` what it has come to.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import sys
from contextlib import suppress

LOOK_SECONDS = 0.02
CHUNK = 1 << 16
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: close by RST."""


class Relay:
    """`open`: bytes pass. Connections are kept, so that they can be ended where the target changes."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._text = ""
        self._settings: dict[str, object] = {}
        self._open = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()

    async def run(self) -> None:
        """Until the process is ended."""
        self._look()
        server = await asyncio.start_server(self._serve, "127.0.0.1", int(str(self._settings["port"])))
        self._tell()
        async with server:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                if self._look():
                    self._tell()

    def _look(self) -> bool:
        """Whether the settings have changed."""
        with open(f"{self._folder}/relay.json", encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes long to import
            text = file.read()
        if text == self._text:
            return False
        before, self._text, self._settings = self._settings, text, json.loads(text)
        if self._settings["stalled"]:
            self._open.clear()
        else:
            self._open.set()
        if before and before["target"] != self._settings["target"]:
            self._reset()
        return True

    def _tell(self) -> None:
        with open(f"{self._folder}/relay.applied.new", "w", encoding="utf-8") as file:  # noqa: PTH123 - as above
            file.write(self._text)
        os.replace(f"{self._folder}/relay.applied.new", f"{self._folder}/relay.applied")  # noqa: PTH105 - as above

    def _reset(self) -> None:
        for writer in self._writers:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A path that is dead takes no new connection through either.
        await self._open.wait()
        try:
            there, back = await asyncio.open_connection("127.0.0.1", int(str(self._settings["target"])))
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, back}
        self._writers |= ends
        try:
            await asyncio.gather(self._pump(reader, back, limited=False), self._pump(there, writer, limited=True))
        finally:
            self._writers -= ends
            for end in ends:
                end.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, limited: bool) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                await self._open.wait()
                rate = int(str(self._settings["bytes_per_second"])) if limited else 0
                sink.write(data)
                await sink.drain()
                if rate:
                    await asyncio.sleep(len(data) / rate)
        # One direction that ends takes the other along: nobody here half-closes.
        sink.close()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(Relay(sys.argv[1]).run())
