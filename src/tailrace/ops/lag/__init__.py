"""How far a connector is behind: `read` gathers facts, `report` says what they mean, without asking anything more.

Lag is said in time, in bytes of binlog, and in transactions, and for each hop on the way: a figure of time alone stands
still when the connector is deaf, and says nothing when the source is idle.
"""
