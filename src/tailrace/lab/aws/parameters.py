"""Cluster parameters of aurora-mysql8.0 that matter to whoever reads the binlog, with AWS's defaults and rules.

From the Amazon Aurora User Guide, 'Aurora MySQL configuration parameters' and 'Setting up enhanced binlog'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

STATIC, DYNAMIC = "static", "dynamic"


@dataclass(frozen=True)
class Parameter:
    """One of a cluster parameter group."""

    name: str
    default: str | None
    """None: the engine's."""
    apply: str
    allowed: str = ""
    modifiable: bool = True
    variable: str = ""
    """A variable that is set on the lab's servers when this one comes into effect; empty: it is only kept."""
    settable: str = ""
    """Values that the lab's servers can have, others are only kept; empty: all."""

    def assignment(self, value: str | None) -> tuple[str, str] | None:
        """Variable and value for the lab's servers; `value`: the user's; None: the default."""
        wanted = self.default if value is None else value
        if not self.variable or wanted is None or (self.settable and wanted.upper() not in self.settable.split(",")):
            return None
        return self.variable, wanted

    def described(self, value: str | None, method: str) -> dict[str, Any]:
        """As DescribeDBClusterParameters has it. `value`: the user's; None: the default."""
        found = {
            "ParameterName": self.name,
            "ParameterValue": self.default if value is None else value,
            "Description": self.name.replace("-", "_"),
            "Source": "user" if value is not None else "engine-default" if self.default is None else "system",
            "ApplyType": self.apply,
            "DataType": "string" if "," in self.allowed and not self.allowed.startswith("0") else "integer",
            "AllowedValues": self.allowed or None,
            "IsModifiable": self.modifiable,
            "ApplyMethod": method,
        }
        return {name: each for name, each in found.items() if each is not None}


TABLE: Final = (
    Parameter("aurora_enhanced_binlog", "0", STATIC, "0,1"),
    Parameter("binlog_backup", "1", STATIC, "0,1"),
    Parameter("binlog_replication_globaldb", "1", STATIC, "0,1"),
    Parameter("aurora_binlog_replication_max_yield_seconds", "0", DYNAMIC, "0-36000"),
    Parameter("binlog_checksum", "CRC32", DYNAMIC, "NONE,CRC32"),
    Parameter(
        "binlog_format",
        "OFF",
        STATIC,
        "ROW,STATEMENT,MIXED,OFF",
        variable="binlog_format",
        settable="ROW,STATEMENT,MIXED",
    ),
    Parameter("binlog_row_image", "full", DYNAMIC, "full,minimal,noblob", variable="binlog_row_image"),
    Parameter("binlog_row_metadata", "MINIMAL", DYNAMIC, "FULL,MINIMAL", variable="binlog_row_metadata"),
    Parameter("binlog_row_value_options", None, DYNAMIC, "PARTIAL_JSON", variable="binlog_row_value_options"),
    Parameter("binlog_transaction_compression", "0", DYNAMIC, "0,1"),
    Parameter("enforce_gtid_consistency", "OFF", STATIC, "OFF,ON,WARN"),
    # Only kept: the lab's servers follow each other by GTIDs, and would not with another mode than ON.
    Parameter("gtid-mode", "OFF_PERMISSIVE", STATIC, "OFF,OFF_PERMISSIVE,ON_PERMISSIVE,ON"),
    Parameter("log_bin", None, STATIC, modifiable=False),
    Parameter("max_binlog_size", "134217728", DYNAMIC, "4096-1073741824", modifiable=False),
    Parameter("max_connections", None, DYNAMIC, "1-16000"),
    Parameter("read_only", "{TrueIfReplica}", DYNAMIC, modifiable=False),
    Parameter("replica_preserve_commit_order", "ON", DYNAMIC, "OFF,ON"),
    Parameter("server_id", None, STATIC, modifiable=False),
    Parameter("sync_binlog", None, DYNAMIC, modifiable=False),
    Parameter("time_zone", None, DYNAMIC),
)
BY_NAME: Final = {each.name: each for each in TABLE}
LAB_GROUP: Final = {
    "binlog_format": "ROW",
    "gtid-mode": "ON",
    "enforce_gtid_consistency": "ON",
}
"""What the group of the cluster `lab` has otherwise; its servers are set up so."""


def assignments(given: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What a restart of the lab's servers brings: values of variables, by a group's changes as moto keeps them."""
    found = (each.assignment(given.get(each.name, {}).get("ParameterValue")) for each in TABLE)
    return dict(each for each in found if each)
