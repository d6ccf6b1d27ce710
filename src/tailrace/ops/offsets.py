"""A connector's offset through the REST interface of the Kafka Connect that runs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from tailrace.errors import WorkerError
from tailrace.ops.connect import Connect, Status


class ConnectOffsets:
    """See `tailrace.migrate.places.OffsetPlace`: of one connector, which is stopped or has been deleted."""

    remote = True

    def __init__(self, connect: Connect, connector: str) -> None:
        self._connect, self._connector = connect, connector
        self.where = f"{connect.access.url}, connector {connector}"

    def read(self) -> Mapping[bytes, bytes | None]:
        """Of every partition of the source that it knows. Raises WorkerError."""
        demand_at_rest(self._connect, self._connector)
        return {
            _json([self._connector, each["partition"]]): _json(each["offset"])
            for each in self._connect.offsets(self._connector)
        }

    def write(self, key: bytes, value: bytes) -> None:
        """The worker fences what the connector's last task may still be writing, and picks the topic."""
        demand_at_rest(self._connect, self._connector)
        _, partition = json.loads(key)
        self._connect.set_offsets(self._connector, [{"partition": partition, "offset": json.loads(value)}])


def demand_at_rest(connect: Connect, connector: str) -> Status | None:
    """The connector's status, or None where there is none. Raises WorkerError where it may still store offsets."""
    try:
        status = connect.status(connector)
    except WorkerError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None
    if not status.is_stopped:
        # A paused one keeps its tasks, and a failed one may be restarted.
        message = f"{connector} is {status.state}: its state can only be moved while it is stopped"
        hint = f"tailrace connector stop {connector} --wait --url {connect.access.url}"
        raise WorkerError(message, where=connect.access.url, hint=hint)
    return status


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
