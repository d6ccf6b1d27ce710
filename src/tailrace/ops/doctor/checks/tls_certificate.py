"""The day on which the server's certificate ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tailrace.ops.doctor.check import Check
from tailrace.ops.doctor.facts import Facts
from tailrace.ops.doctor.finding import Finding, error, warning
from tailrace.ops.doctor.repair import shell, sql
from tailrace.ops.doctor.retention import DAY

DAYS = 30
FORM = "%b %d %H:%M:%S %Y %Z"


def look(facts: Facts) -> Iterator[Finding]:
    """It is not near."""
    text = " ".join(facts.source.status.get("Ssl_server_not_after", "").split())
    if not text:
        return
    ends = datetime.strptime(text, FORM).replace(tzinfo=UTC).timestamp()
    left = (ends - facts.now) / DAY
    if left > DAYS:
        return
    repair = sql("ALTER INSTANCE RELOAD TLS", note="when the files of ssl_cert and ssl_key are new ones")
    if facts.profile.is_aws:
        command = "aws rds modify-db-instance --db-instance-identifier INSTANCE --ca-certificate-identifier CA"
        repair = shell(command)
    if left < 0:
        yield error("the certificate has expired: clients that verify it are refused", f"it ended on {text}", repair)
    else:
        yield warning("the certificate ends soon: clients that verify it will be refused", f"it ends on {text}", repair)


CHECK = Check(
    id="tls.certificate",
    title="the server's certificate is good for 30 days",
    why="With verify_ca or verify_identity an expired certificate ends the capture at the next reconnect.",
    look=look,
)
