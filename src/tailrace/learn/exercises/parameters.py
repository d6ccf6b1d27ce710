"""Lesson 7: what a cluster of Aurora is set to, when that counts, and what an account for capture needs there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tailrace.errors import LabError
from tailrace.lab.aws import names
from tailrace.learn.exercise import HIDDEN, Exercise, Kind, Observation, Question, Seen, discreet, predicted
from tailrace.learn.incident import CAUSE, OBSERVED, OTHER
from tailrace.learn.incident import SCRIPTS as INCIDENT_SCRIPTS
from tailrace.learn.observe import answer, equal, running
from tailrace.learn.stage import CONNECTOR, DATABASE, SETTLE_SECONDS

if TYPE_CHECKING:
    from random import Random

    from tailrace.learn.exercise import Answers, Values
    from tailrace.learn.stage import Stage

WRITER, READER = "lab-1", "lab-2"
IMMEDIATE, PENDING = "immediate", "pending-reboot"
IN_SYNC: Final = "in-sync"
TABLES: Final = ("parcels", "refunds", "vouchers", "returns")
ACCOUNT: Final = "cdc"
RETENTION: Final = "binlog retention hours"
LEAST_HOURS: Final = 72


# -- AWS's side --------------------------------------------------------------------------------------------------------


def _change(stage: Stage, method: str, **values: str) -> None:
    """Raises LabError where it is refused."""
    stage.aws.call(
        "rds",
        "modify_db_cluster_parameter_group",
        DBClusterParameterGroupName=names.PARAMETERS,
        Parameters=[
            {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method} for name, value in values.items()
        ],
    )


def _reboot(stage: Stage, *instances: str) -> None:
    for instance in instances:
        stage.aws.call("rds", "reboot_db_instance", DBInstanceIdentifier=instance)
    # From the call on it is `rebooting`.
    stage.until(lambda: all(_status(stage, instance) == "available" for instance in instances), SETTLE_SECONDS)


def _status(stage: Stage, instance: str) -> str:
    found = stage.aws.call("rds", "describe_db_instances", DBInstanceIdentifier=instance)["DBInstances"]
    return str(found[0]["DBInstanceStatus"])


def _cluster(stage: Stage) -> dict[str, Any]:
    found = stage.aws.call("rds", "describe_db_clusters", DBClusterIdentifier=names.CLUSTER)
    return dict(found["DBClusters"][0])


def _waiting(stage: Stage) -> dict[str, str]:
    """The state of the parameter group at each instance."""
    return {
        member["DBInstanceIdentifier"]: member["DBClusterParameterGroupStatus"]
        for member in _cluster(stage)["DBClusterMembers"]
    }


def _in_group(stage: Stage) -> dict[str, str]:
    """Of the group that the cluster has."""
    group = _cluster(stage)["DBClusterParameterGroup"]
    found = stage.aws.call("rds", "describe_db_cluster_parameters", DBClusterParameterGroupName=group)["Parameters"]
    return {each["ParameterName"]: str(each.get("ParameterValue", "")).upper() for each in found}


def _variable(stage: Stage, name: str) -> str:
    """At the writer, for a session that begins now."""
    return str(stage.primary.execute(f"SELECT @@GLOBAL.{name}")[0][0])


def _retain(stage: Stage, hours: str) -> None:
    stage.primary.execute(f"CALL mysql.rds_set_configuration('{RETENTION}', {hours})")


def _kept_hours(stage: Stage) -> int:
    """0: as the service likes."""
    rows = stage.primary.execute("CALL mysql.rds_show_configuration")
    return next((int(row[1] or 0) for row in rows if row[0] == RETENTION), 0)


# -- what a reboot brings ----------------------------------------------------------------------------------------------

FORMATS: Final = ("MIXED", "STATEMENT")
IMAGES: Final = ("MINIMAL", "NOBLOB")


def _draw_waits(random: Random) -> dict[str, str]:
    return {
        "format": random.choice(FORMATS),
        "format_method": random.choice((PENDING, PENDING, IMMEDIATE)),
        "image": random.choice(IMAGES),
        "image_method": random.choice((PENDING, IMMEDIATE)),
        "rebooted": random.choice((WRITER, WRITER, READER)),
    }


def _prepare_waits(_stage: Stage, _values: dict[str, str]) -> None:
    """The cluster is as the lab makes it."""


def _watch_waits(stage: Stage, values: Values) -> dict[str, str]:
    with stage.primary.connect() as connection, connection.cursor() as cursor:
        # A session from before; without a statement it would not know its own value.
        cursor.execute("SELECT @@SESSION.binlog_row_image")
        call = "accepted"
        try:
            _change(stage, values["format_method"], binlog_format=values["format"])
        except LabError:
            call = "refused"
        _change(stage, values["image_method"], binlog_row_image=values["image"].lower())
        cursor.execute("SELECT @@SESSION.binlog_row_image")
        ((old_session,),) = cursor.fetchall()
    new_session, state = _variable(stage, "binlog_row_image"), _waiting(stage)[WRITER]
    _reboot(stage, values["rebooted"])
    return {
        "measured.call": call,
        "measured.open": str(old_session),
        "measured.fresh": new_session,
        "measured.state": state,
        "measured.format": _variable(stage, "binlog_format"),
        "measured.image": _variable(stage, "binlog_row_image"),
    }


# -- ready for capture -------------------------------------------------------------------------------------------------

NEEDED: Final = ("SELECT", "LOCK TABLES", "REPLICATION SLAVE", "REPLICATION CLIENT")
REMOVED: Final = ("REPLICATION SLAVE", "REPLICATION CLIENT", "SELECT")
MORE_THAN_NEEDED: Final = frozenset(
    {"ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "CREATE USER", "SUPER", "EXECUTE"}
)


def _draw_ready(random: Random) -> dict[str, str]:
    table, format_ = random.choice(TABLES), random.choice(FORMATS)
    return {
        "table": table,
        "rows": str(random.randrange(20, 60)),
        "hours": str(random.randrange(4, 11) * 24),
        "password": f"cdc-{random.randrange(1 << 32):08x}",
        f"{HIDDEN}format": format_,
        f"{HIDDEN}in_group": random.choice(("ROW", format_)),
        f"{HIDDEN}kept": random.choice(("NULL", "12", "24")),
        f"{HIDDEN}lacks": random.choice(REMOVED),
        f"{HIDDEN}address": random.choice(("reader", "instance")),
    }


def _prepare_ready(stage: Stage, values: dict[str, str]) -> None:
    """A table, an account that lacks something, parameters that are wrong or wait, and a connector's file."""
    table = f"{DATABASE}.{values['table']}"
    stage.primary.execute(f"CREATE DATABASE {DATABASE}")
    stage.primary.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, amount DECIMAL(10,2))")
    rows = ", ".join(f"({number}, {number}.50)" for number in range(int(values["rows"])))
    stage.primary.execute(f"INSERT INTO {table} VALUES {rows}")
    _make_account(stage, values["password"], without=values[f"{HIDDEN}lacks"])
    _retain(stage, values[f"{HIDDEN}kept"])
    _change(stage, PENDING, binlog_format=values[f"{HIDDEN}format"])
    _reboot(stage, WRITER, READER)
    if values[f"{HIDDEN}in_group"] == "ROW":
        _change(stage, PENDING, binlog_format="ROW")
    host, port = stage.aws.reader
    address = {"reader": f"{host}:{port}", "instance": f"{stage.primary.host}:{stage.primary.port}"}
    stage.leave_config(_changes(address[values[f"{HIDDEN}address"]], values["password"]))
    values["file"] = f"{CONNECTOR}.json"


def _make_account(stage: Stage, password: str, *, without: str = "") -> None:
    stage.primary.execute(f"CREATE USER '{ACCOUNT}'@'%%' IDENTIFIED BY %s", (password,))
    granted = ", ".join(name for name in NEEDED if name != without)
    stage.primary.execute(f"GRANT {granted} ON *.* TO '{ACCOUNT}'@'%'")
    stage.primary.execute(f"GRANT XA_RECOVER_ADMIN ON *.* TO '{ACCOUNT}'@'%'")
    stage.primary.execute(f"GRANT EXECUTE ON PROCEDURE mysql.rds_show_configuration TO '{ACCOUNT}'@'%'")


def _changes(address: str, password: str) -> dict[str, str]:
    """Of the usual configuration."""
    host, _, port = address.rpartition(":")
    return {
        "database.hostname": host,
        "database.port": port,
        "database.user": ACCOUNT,
        "database.password": password,
        # What is asked for through a proxy that leads to nobody is given up soon.
        "connect.timeout.ms": "3000",
    }


def _endpoint(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    """The connector calls the cluster endpoint, as the account that is meant for it."""
    config, cluster = stage.connect.config(CONNECTOR), _cluster(stage)
    used = f"{config.get('database.user')}@{config.get('database.hostname')}:{config.get('database.port')}"
    return Seen(used == f"{ACCOUNT}@{cluster['Endpoint']}:{cluster['Port']}", used)


def _parameters(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    """What the group says is good, and every instance has it."""
    group, waiting = _in_group(stage), _waiting(stage)
    there = {name: group.get(name, "") for name in ("binlog_format", "binlog_row_image")}
    now = {name: _variable(stage, name) for name in there}
    holds = there == now == {"binlog_format": "ROW", "binlog_row_image": "FULL"} and set(waiting.values()) == {IN_SYNC}
    shown = [f"{name} = {now[name]} ({value})" for name, value in there.items()]
    return Seen(holds, ", ".join([*shown, *(f"{name} {state}" for name, state in waiting.items())]))


def _retention(stage: Stage, values: Values, _answers: Answers) -> Seen:
    hours = _kept_hours(stage)
    return Seen(hours >= int(values.get("hours", LEAST_HOURS)), f"{RETENTION} = {hours or 'NULL'}")


def _least(stage: Stage, _values: Values, _answers: Answers) -> Seen:
    """The account can change nothing."""
    grants = [str(row[0]) for row in stage.primary.execute(f"SHOW GRANTS FOR '{ACCOUNT}'@'%'")]
    held = {
        name.strip()
        for grant in grants
        if " ON PROCEDURE " not in grant
        for name in grant.removeprefix("GRANT ").partition(" ON ")[0].split(",")
    }
    surplus = sorted(held & MORE_THAN_NEEDED)
    return Seen(not surplus, ", ".join(surplus) or ", ".join(sorted(held)))


def _doctor(stage: Stage, values: Values, _answers: Answers) -> Seen:
    """Asked as the connector's account: no finding but remarks, and nothing that it could not look at."""
    host, port = stage.aws.endpoint
    command = f"tailrace doctor --source 'mysql://{ACCOUNT}:${{env:CDC_PASSWORD}}@{host}:{port}' --aurora lab"
    said = answer(stage, command, {"CDC_PASSWORD": values["password"]})
    bad = [each["evidence"] for each in said["findings"] if each["severity"] != "info"]
    bad += [f"{each['check']}?" for each in said["unread"]]
    return Seen(not bad, "; ".join(bad) or "0")


# -- after a night's reboot --------------------------------------------------------------------------------------------

CAUSES: Final = ("group-waited", "group-replaced", "retention-unset", "account-changed")
OTHERS: Final = ("writer-changed", "password-changed")


def _draw_night(random: Random) -> dict[str, str]:
    drawn = random.choice(CAUSES)
    return {
        CAUSE: drawn,
        OTHER: random.choice([name for name in CAUSES + OTHERS if name != drawn]),
        f"{HIDDEN}table": random.choice(TABLES),
        f"{HIDDEN}password": f"cdc-{random.randrange(1 << 32):08x}",
        f"{HIDDEN}group": f"{random.choice(('tuned', 'shop', 'rows'))}-{random.randrange(2, 9)}",
    }


def _prepare_night(stage: Stage, values: dict[str, str]) -> None:
    """A connector at the cluster endpoint that was well, a night with a reboot, and what the shop wrote since."""
    table = f"{DATABASE}.{values[f'{HIDDEN}table']}"
    stage.primary.execute(f"CREATE DATABASE {DATABASE}")
    stage.primary.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, note VARCHAR(40), amount DECIMAL(10,2))")
    stage.primary.execute(f"INSERT INTO {table} VALUES (1, 'first', 1.50), (2, 'second', 2.50)")
    _make_account(stage, values[f"{HIDDEN}password"])
    _retain(stage, "168")
    host, port = stage.aws.endpoint
    stage.make_connector(_changes(f"{host}:{port}", values[f"{HIDDEN}password"]))
    stage.settle()
    stage.stop_connector()
    _spoil(stage, values)
    _reboot(stage, WRITER, READER)
    stage.primary.execute(f"UPDATE {table} SET amount = amount + 10 WHERE id = 2")
    stage.primary.execute(f"INSERT INTO {table} VALUES (3, 'third', 3.50)")
    if values[CAUSE] == "retention-unset":
        stage.primary.execute("FLUSH BINARY LOGS")
        stage.purge()
    stage.resume_connector()
    values[f"{HIDDEN}repair"] = _repair(values[CAUSE], table)


def _spoil(stage: Stage, values: Values) -> None:
    match values[CAUSE]:
        case "group-waited":
            _change(stage, PENDING, binlog_format="MIXED")
        case "group-replaced":
            group = values[f"{HIDDEN}group"]
            stage.aws.call(
                "rds",
                "create_db_cluster_parameter_group",
                DBClusterParameterGroupName=group,
                DBParameterGroupFamily=names.FAMILY,
                Description="tuned",
            )
            stage.aws.call(
                "rds",
                "modify_db_cluster_parameter_group",
                DBClusterParameterGroupName=group,
                Parameters=[
                    {"ParameterName": "binlog_format", "ParameterValue": "ROW", "ApplyMethod": PENDING},
                    {"ParameterName": "binlog_row_image", "ParameterValue": "minimal", "ApplyMethod": PENDING},
                ],
            )
            stage.aws.call(
                "rds", "modify_db_cluster", DBClusterIdentifier=names.CLUSTER, DBClusterParameterGroupName=group
            )
        case "retention-unset":
            _retain(stage, "NULL")
        case "account-changed":
            stage.primary.execute(f"REVOKE REPLICATION SLAVE ON *.* FROM '{ACCOUNT}'@'%'")


def _repair(cause: str, table: str) -> str:
    """As a learner would type it."""
    reboot = "\n".join(
        f"aws rds reboot-db-instance --db-instance-identifier {name} >/dev/null\n"
        f"until aws rds describe-db-instances --db-instance-identifier {name} | grep -q available; do sleep 0.2; done"
        for name in (WRITER, READER)
    )
    anew = (
        f"tailrace connector stop {CONNECTOR} --wait\n"
        f"tailrace connector offsets reset {CONNECTOR} --yes\n"
        f"tailrace connector resume {CONNECTOR} --wait"
    )
    match cause:
        case "group-waited":
            return (
                f"aws rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name {names.PARAMETERS}"
                f" --parameters ParameterName=binlog_format,ParameterValue=ROW,ApplyMethod={PENDING} >/dev/null\n"
                f"{reboot}\n{anew}"
            )
        case "group-replaced":
            return (
                f"aws rds modify-db-cluster --db-cluster-identifier {names.CLUSTER}"
                f" --db-cluster-parameter-group-name {names.PARAMETERS} >/dev/null\n"
                f"{reboot}\ntailrace snapshot start {CONNECTOR} --table {table} --wait"
            )
        case "retention-unset":
            return f"tailrace lab mysql -e \"CALL mysql.rds_set_configuration('{RETENTION}', 168)\"\n{anew}"
        case _:
            return (
                f"tailrace lab mysql -e \"GRANT REPLICATION SLAVE ON *.* TO '{ACCOUNT}'@'%'\"\n"
                f"tailrace connector restart {CONNECTOR} --failed-only --wait"
            )


EXERCISES: Final = (
    Exercise(
        name="what-a-reboot-brings",
        lesson=7,
        kind=Kind.PREDICTION,
        abilities=("R6",),
        draw=_draw_waits,
        prepare=_prepare_waits,
        questions=(
            Question("call", ("accepted", "refused")),
            Question("open", ("FULL", *IMAGES)),
            Question("fresh", ("FULL", *IMAGES)),
            Question("state", (IN_SYNC, PENDING)),
            Question("format", ("ROW", *FORMATS)),
            Question("image", ("FULL", *IMAGES)),
        ),
        experiment=_watch_waits,
        observations=tuple(predicted(name) for name in ("call", "open", "fresh", "state", "format", "image")),
        parts=frozenset({"aws"}),
    ),
    Exercise(
        name="ready-for-capture",
        lesson=7,
        kind=Kind.LAB,
        abilities=("R6", "R17"),
        draw=_draw_ready,
        prepare=_prepare_ready,
        observations=(
            Observation("parameters", _parameters),
            Observation("retention", _retention),
            Observation("doctor", _doctor),
            Observation("least", _least),
            Observation("endpoint", _endpoint),
            Observation("running", running),
            Observation("whole", equal()),
        ),
        parts=frozenset({"worker", "aws"}),
    ),
    Exercise(
        name="after-the-night-reboot",
        lesson=7,
        kind=Kind.INCIDENT,
        abilities=("R6", "R8", "R13"),
        draw=_draw_night,
        prepare=_prepare_night,
        questions=(Question("cause", CAUSES + OTHERS),),
        observations=(
            *OBSERVED,
            discreet("cause", Observation("parameters", _parameters)),
            discreet("cause", Observation("retention", _retention)),
        ),
        parts=frozenset({"worker", "aws"}),
        scripts=INCIDENT_SCRIPTS,
    ),
)
