"""Taking over from a Debezium connector, and handing back: its offsets and its schema history."""
