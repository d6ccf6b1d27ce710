"""How long things take in the emulator. They can be changed while it runs (`PUT /_lab/timing`)."""

from __future__ import annotations

from dataclasses import dataclass, fields

from tailrace.errors import ConfigError


@dataclass
class Timing:
    """Seconds, all but `speed`."""

    notice: float = 0.3
    """A failover is accepted, and describe-db-clusters still says `available`."""
    outage: float = 5.0
    """Least time that the cluster endpoint refuses connections. AWS: usually under 60, often under 30."""
    stale: float = 0.0
    """So much longer the endpoint leads to the old writer, which takes connections and no writes: an old DNS answer."""
    flap: float = 0.0
    """While it is stale it leads to the old and to the new writer by turns of so long; 0: to the old one alone."""
    detect: float = 10.0
    """The writer has been down for so long: a failover begins by itself. 0: never."""
    catch_up: float = 60.0
    """Longest wait for a server to apply what it must have. Then the failover has failed."""
    speed: float = 1.0
    """CloudWatch's clock: with 60 a period of 60 s passes in one, and AWS/RDS figures come each second."""

    def change(self, given: dict[str, object]) -> None:
        """Raises ConfigError where a name is none of these, or a value no number that it can have."""
        names = {field.name for field in fields(self)}
        found: dict[str, float] = {}
        for name, value in given.items():
            if name not in names:
                raise ConfigError(f"no timing is called {name!r}", hint=f"there are: {', '.join(sorted(names))}")
            if (
                isinstance(value, bool)
                or not isinstance(value, int | float)
                or value < 0
                or (name, value) == ("speed", 0)
            ):
                raise ConfigError(f"timing {name}: {value!r} is no number that it can have")
            found[name] = float(value)
        for name, seconds in found.items():
            setattr(self, name, seconds)
