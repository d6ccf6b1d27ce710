"""Faults of the account that captures. An open session lives on: they show at the next login."""

from __future__ import annotations

from tailrace.lab.faults.fault import RESTART_FAILED, Fault, Need, doctor, shell, sql
from tailrace.lab.faults.scene import Scene

SESSIONS = (
    "SELECT t.PROCESSLIST_ID FROM performance_schema.threads t WHERE t.PROCESSLIST_USER = %s AND NOT EXISTS (SELECT 1"
    " FROM performance_schema.user_variables_by_thread v WHERE v.THREAD_ID = t.THREAD_ID"
    " AND v.VARIABLE_NAME = 'replica_uuid' AND CAST(v.VARIABLE_VALUE AS CHAR) = %s)"
)
"""All of an account, but for the lab's replica, which has the same."""


def _inject(scene: Scene, statement: str) -> None:
    scene.values["ACCOUNT"] = _name(scene)
    _alter(scene, statement)
    ((replica,),) = scene.replica.execute("SELECT @@server_uuid")
    for (session,) in scene.primary.execute(SESSIONS, (scene.primary.user, replica)):
        scene.kill(session)


def _alter(scene: Scene, statement: str) -> None:
    scene.primary.execute(statement.replace("$ACCOUNT", _name(scene)))


def _name(scene: Scene) -> str:
    """The account that the lab has for captures."""
    return f"'{scene.primary.user}'@'%'"


def _inject_revoked(scene: Scene) -> None:
    _inject(scene, "REVOKE REPLICATION SLAVE ON *.* FROM $ACCOUNT")


def _heal_revoked(scene: Scene) -> None:
    _alter(scene, "GRANT REPLICATION SLAVE ON *.* TO $ACCOUNT")


def _inject_locked(scene: Scene) -> None:
    _inject(scene, "ALTER USER $ACCOUNT ACCOUNT LOCK")


def _heal_locked(scene: Scene) -> None:
    _alter(scene, "ALTER USER $ACCOUNT ACCOUNT UNLOCK")


def _inject_password(scene: Scene) -> None:
    scene.values["NEW_PASSWORD"] = f"rotated-{scene.random.randrange(1 << 32):08x}"
    _inject(scene, f"ALTER USER $ACCOUNT IDENTIFIED BY '{scene.values['NEW_PASSWORD']}'")


def _heal_password(scene: Scene) -> None:
    password = scene.primary.password
    _alter(scene, f"ALTER USER $ACCOUNT IDENTIFIED BY '{password}'")
    if scene.has_connector:
        scene.at.patch(scene.connector, {"database.password": password})


ACCOUNTS = (
    Fault(
        "grant-revoked",
        "The account may not read the binlog any more",
        "The task fails some time after a change of privileges: at its next reconnect.",
        (doctor("connector.state", "Access denied"),),
        "REPLICATION SLAVE lets an account have the stream. An open session keeps what it had when it began to read; "
        "the next one is refused.",
        (
            sql("GRANT REPLICATION SLAVE ON *.* TO $ACCOUNT"),
            shell(RESTART_FAILED, words="A failed task stays failed until somebody restarts it:"),
        ),
        "`tailrace doctor --source …` as the account of the connector after each change of privileges, not as an "
        "administrator.",
        _inject_revoked,
        _heal_revoked,
        needs=frozenset({Need.CONNECTOR}),
        log=("Access denied",),
        alerts=("CdcTaskFailed",),
    ),
    Fault(
        "account-locked",
        "The account is locked",
        "The task fails, or reconnects again and again, though nothing of the connector was changed.",
        (doctor("connector.state", "locked"),),
        "Somebody locked it, or a policy did after too many failed logins (FAILED_LOGIN_ATTEMPTS). Sessions that are "
        "open live on, so it shows hours later.",
        (
            sql("ALTER USER $ACCOUNT ACCOUNT UNLOCK"),
            shell(RESTART_FAILED, words="A failed task stays failed until somebody restarts it:"),
        ),
        "An account of its own for each connector, with no policy of failed logins and no expiry (`account.expiry`).",
        _inject_locked,
        _heal_locked,
        needs=frozenset({Need.CONNECTOR}),
        log=("Account is locked",),
        alerts=("CdcTaskFailed",),
    ),
    Fault(
        "password-changed",
        "The password was changed at the server, and not in the connector",
        "The task fails at its next reconnect, hours or weeks after a rotation of passwords.",
        (doctor("connector.state", "Access denied"),),
        "A session that is open needs no password. The rotation seemed to work, until the network failed for a second.",
        (
            shell(
                'tailrace connector config $CONNECTOR --set "database.password=$NEW_PASSWORD" --wait',
                words="A change of the configuration starts the task anew. Best is a reference, which the worker "
                "resolves (`${file:…}` or `${env:…}`):",
            ),
        ),
        "Rotate with two passwords (`ALTER USER … RETAIN CURRENT PASSWORD`), restart the connector, and only then "
        "`DISCARD OLD PASSWORD`.",
        _inject_password,
        _heal_password,
        needs=frozenset({Need.CONNECTOR}),
        log=("Access denied",),
        alerts=("CdcTaskFailed",),
    ),
)
