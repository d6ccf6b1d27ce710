"""How the account proves who it is."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import sql

OLD = {
    "mysql_native_password": "is gone in MySQL 9.0: after an upgrade the connector cannot log in",
    "sha256_password": "is deprecated, and will be gone: after an upgrade the connector cannot log in",
}


def look(facts: Facts) -> Iterator[Finding]:
    """By a plugin that stays."""
    account = known(facts.source.account)
    if account.plugin in OLD:
        yield warning(
            f"{account.plugin} {OLD[account.plugin]}",
            f"{facts.source.account_name} is identified with {account.plugin}",
            sql(
                f"ALTER USER {facts.source.account_name} IDENTIFIED WITH caching_sha2_password BY RANDOM PASSWORD",
                note="the answer is the new password, for database.password; or BY one of your own",
            ),
        )


CHECK = Check(
    id="account.plugin",
    title="the account logs in by a plugin that stays",
    why="mysql_native_password is gone in 9.0, sha256_password is deprecated; caching_sha2_password stays.",
    look=look,
)
