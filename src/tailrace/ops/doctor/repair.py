"""Repairs, as statements that can be pasted: for a server of one's own by SET PERSIST, for AWS by parameter group."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from tailrace.model.table import TableId
from tailrace.ops.doctor.facts import Connector, Profile
from tailrace.ops.doctor.finding import How, Repair

_BARE = re.compile(r"ON|OFF|ON_PERMISSIVE|OFF_PERMISSIVE|\d+")


def sql(*statements: str, restart: bool = False, note: str = "") -> Repair:
    """Statements, each without its semicolon."""
    return Repair(How.SQL, statements, restart, note)


def shell(*commands: str, note: str = "") -> Repair:
    """Commands."""
    return Repair(How.SHELL, commands, note=note)


def setting(*lines: str, restart: bool = False, note: str = "") -> Repair:
    """Lines of the option file, or words."""
    return Repair(How.SETTING, lines, restart, note)


def variables(
    profile: Profile, values: Mapping[str, str | int], *, static: bool = False, note: str = "", aws_note: str = ""
) -> Repair:
    """The server's variables; `static`: they only change at a restart."""
    if profile.is_aws:
        return _parameter_group(profile, values, static=static, note=aws_note or note)
    keyword = "PERSIST_ONLY" if static else "PERSIST"
    statements = [f"SET {keyword} {name} = {_literal(value)}" for name, value in values.items()]
    return sql(*statements, restart=static, note=note)


def _parameter_group(profile: Profile, values: Mapping[str, str | int], *, static: bool, note: str) -> Repair:
    kind = "db-cluster-parameter-group" if profile is Profile.AURORA else "db-parameter-group"
    method = "pending-reboot" if static else "immediate"
    parameters = " ".join(
        f"ParameterName={_parameter(name)},ParameterValue={value},ApplyMethod={method}"
        for name, value in values.items()
    )
    command = f"aws rds modify-{kind} --{kind}-name PARAMETER_GROUP --parameters {parameters}"
    return Repair(How.SHELL, (command,), restart=static, note=note)


def _parameter(name: str) -> str:
    return "gtid-mode" if name == "gtid_mode" else name


def _literal(value: str | int) -> str:
    text = str(value)
    return text if _BARE.fullmatch(text) else f"'{text}'"


def grant(privileges: str, account: str, on: str = "*.*", note: str = "") -> Repair:
    """GRANT to the account."""
    return sql(f"GRANT {privileges} ON {on} TO {account}", note=note)


def properties(connector: Connector, changes: Mapping[str, str | None], note: str = "") -> Repair:
    """Properties of a connector; None takes one away."""
    words = ["tailrace", "connector", "config", connector.name]
    for name, value in changes.items():
        words += ["--unset", name] if value is None else ["--set", f"{name}={value}"]
    return shell(shlex.join(words), note=note)


def quoted(table: TableId) -> str:
    """A table's name in a statement."""
    return ".".join("`" + name.replace("`", "``") + "`" for name in table)
