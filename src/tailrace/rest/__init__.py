"""The Kafka Connect REST interface (4.3) over a `Worker`, and a few paths of our own under `/tailrace`.

`operations` lists every request and what answers it; routes, roles and the OpenAPI page come from that one list.
"""
