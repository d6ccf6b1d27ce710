"""A password that runs out one night."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts, known
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import sql


def look(facts: Facts) -> Iterator[Finding]:
    """It does not."""
    expires = known(facts.source.account).expires
    lifetime = facts.source.number("default_password_lifetime")
    evidence = ""
    if expires.startswith("INTERVAL"):
        evidence = f"{facts.source.account_name}: PASSWORD EXPIRE {expires}"
    elif expires == "DEFAULT" and lifetime:
        evidence = f"default_password_lifetime = {lifetime} days"
    if evidence:
        yield warning(
            "the password expires: from that day the connector cannot reconnect",
            evidence,
            sql(f"ALTER USER {facts.source.account_name} PASSWORD EXPIRE NEVER", note="and rotate it by plan instead"),
        )


CHECK = Check(
    id="account.expiry",
    title="the account's password does not expire",
    why="A stream may run for months; an expired password shows at the first reconnect.",
    look=look,
)
