"""What operates a running capture: a client of the Connect REST interface, of `/metrics`, of MySQL and of Kafka.

The same for a worker of Kafka Connect with Debezium and for one of ours; nothing here knows an engine.
"""
