"""What the tables looked like at any offset: from information_schema, row metadata and DDL."""
