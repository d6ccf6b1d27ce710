"""Whether what is read travels in the clear."""

from __future__ import annotations

from collections.abc import Iterator

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, warning
from tailrace.ops.doctor.repair import setting, sql


def look(facts: Facts) -> Iterator[Finding]:
    """Our session is encrypted; it asked as the connector does, or with ssl.mode=preferred."""
    if facts.source.encrypted:
        return
    asked_not_to = facts.connector is not None and facts.connector.get("database.ssl.mode") == "disabled"
    if asked_not_to:
        return  # connector.tls tells
    yield warning(
        "the server offers no TLS: every row, and with some plugins the password, can be read on the way",
        "Ssl_cipher of the session is empty",
        setting("database.ssl.mode=required, as the service always offers TLS")
        if facts.profile.is_aws
        else sql(
            "SET PERSIST ssl_ca = 'ca.pem'",
            "SET PERSIST ssl_cert = 'server-cert.pem'",
            "SET PERSIST ssl_key = 'server-key.pem'",
            "ALTER INSTANCE RELOAD TLS",
            note="mysqld makes these files in its data folder at a start; or name your own",
        ),
    )


CHECK = Check(
    id="tls.on",
    title="what is read travels encrypted",
    why="A capture sees every row; on a network of others that calls for TLS.",
    look=look,
)
