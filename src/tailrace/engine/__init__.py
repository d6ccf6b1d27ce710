"""One connector, running: capture (snapshot, then binlog) → queue → delivery (sink, then offset).

Two threads share one bounded queue. `capture` reads the server and never touches the sink; `delivery` writes the sink
and decides what may be stored. A third stores: durability is waited for while events go on.
"""

from tailrace.engine.engine import Engine

__all__ = ["Engine"]
