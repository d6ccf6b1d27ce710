"""Which of Debezium's properties the comparisons have given to both."""

from __future__ import annotations

exercised: set[str] = set()
"""Names of properties, filled by the tests of this process."""
