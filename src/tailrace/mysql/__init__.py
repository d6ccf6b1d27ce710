"""The MySQL server on the wire: connections, what the server is, its binlog stream, raw result sets."""
