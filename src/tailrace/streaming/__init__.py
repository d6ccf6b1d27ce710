"""The binlog, followed: a replication connection's bytes to batches, with policy where the kernel asks for it."""

from tailrace.streaming.follow import ByteSource, Policy, StreamItem, follow

__all__ = ["ByteSource", "Policy", "StreamItem", "follow"]
