"""Kafka's clients: a producer driven by the kernel, topics as they are wanted, transactions, compacted topics.

Records go out through librdkafka from Rust (`tailrace._kernel.Producer`); what is rare, topics and reading, goes
through confluent-kafka, which brings the same librdkafka.
"""
