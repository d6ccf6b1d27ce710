"""Change events as they lie in Kafka's topics, or in files: found, read, and made readable.

`event` says what a record is, `kafka` and `files` read records.
"""
