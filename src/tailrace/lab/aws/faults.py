"""Faults of the API, asked for and taken once each: what AWS answers when it will not or cannot."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import Any, Final

from tailrace.errors import ConfigError

ERRORS: Final = {
    "throttling": ("Throttling", "Rate exceeded", 400),
    "access-denied": (
        "AccessDenied",
        (
            "User: arn:aws:iam::123456789012:user/lab is not authorized to perform: {service}:{action}"
            " because no identity-based policy allows the {service}:{action} action"
        ),
        403,
    ),
    "expired-token": ("ExpiredToken", "The security token included in the request is expired", 403),
    "internal-error": ("InternalFailure", "The request processing has failed because of an unknown error.", 500),
    "unavailable": ("ServiceUnavailable", "The request has failed due to a temporary failure of the server.", 503),
}
"""Code, message and HTTP status of each kind."""
SLOW: Final = "slow"


@dataclass
class Fault:
    """For calls of `service` and `action` (empty: of all), as many `times`."""

    kind: str
    """One of ERRORS, or `slow`."""
    service: str = ""
    """rds, cloudwatch, sns."""
    action: str = ""
    """As the API calls it: FailoverDBCluster."""
    times: int = 1
    """0: until healed."""
    seconds: float = 5.0
    """Of `slow`: so long it waits before it answers as usual."""


class Faults:
    """Those that are waiting for a call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    @property
    def waiting(self) -> tuple[Fault, ...]:
        """In the order in which they were asked for."""
        return tuple(self._waiting)

    def add(self, given: dict[str, Any]) -> Fault:
        """Raises ConfigError where it is none."""
        kind = given.get("kind")
        if kind not in {*ERRORS, SLOW}:
            raise ConfigError(f"no fault is called {kind!r}", hint=f"there are: {', '.join([*ERRORS, SLOW])}")
        try:
            fault = Fault(**given)
            fault = replace(fault, times=int(fault.times), seconds=float(fault.seconds))
        except (TypeError, ValueError) as error:
            raise ConfigError(f"a fault has kind, service, action, times, seconds: {error}") from error
        with self._lock:
            self._waiting.append(fault)
        return fault

    def heal(self) -> None:
        """None waits any more."""
        with self._lock:
            self._waiting.clear()

    def take(self, service: str, action: str) -> tuple[str, str, int] | None:
        """What this call is refused with: code, message, HTTP status. A slow one is waited for here."""
        with self._lock:
            found = next(
                (each for each in self._waiting if each.service in {"", service} and each.action in {"", action}), None
            )
            if found and found.times:
                found.times -= 1
                if not found.times:
                    self._waiting.remove(found)
        if found is None:
            return None
        if found.kind == SLOW:
            time.sleep(found.seconds)
            return None
        code, message, status = ERRORS[found.kind]
        return code, message.format(service=service, action=action), status
