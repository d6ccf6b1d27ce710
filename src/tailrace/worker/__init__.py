"""Many connectors in one process: each an engine in a thread of its own, with the states that Kafka Connect has.

`state` decides, `runner` carries one connector out, `worker` knows all of them by name, `store` remembers them.
"""
