"""The binlog, followed: a replication connection's bytes to batches, with policy where the kernel asks for it."""

from tailrace.streaming.follow import Policy, SchemaChange, StreamItem, Woken, follow
from tailrace.streaming.read_ahead import ByteSource, ReadAhead

__all__ = ["ByteSource", "Policy", "ReadAhead", "SchemaChange", "StreamItem", "Woken", "follow"]
