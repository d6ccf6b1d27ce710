"""The initial snapshot: open read views of one instant, split tables into chunks, read them in parallel."""
