"""What the doctor prints, and what it gives to programs."""

from __future__ import annotations

import json
from dataclasses import replace

from support.doctor_facts import connector, facts, follower, server, table
from tailrace.ops.doctor.checks import BUILTIN
from tailrace.ops.doctor.facts import Facts, Unread
from tailrace.ops.doctor.judge import judge
from tailrace.ops.doctor.report import document, text

ILL = facts(
    source=server(
        changes={"binlog_format": "STATEMENT", "sync_binlog": "0", "max_allowed_packet": "1024"},
        prepared=Unread("GRANT XA_RECOVER_ADMIN ON *.* TO 'capture'@'%' is missing"),
    ),
    tables=tuple(replace(table(f"shop.orders_of_the_year_{year}"), engine="MyISAM") for year in range(2010, 2020)),
    replicas=(follower(executed="33333333-3333-3333-3333-333333333333:1-3"),),
    connector=connector(),
)


def printed(given: Facts, width: int = 80) -> list[str]:
    return [line.text for line in text(given, judge(given, BUILTIN), width)]


def test_the_worst_comes_first_and_what_could_not_be_looked_at_is_told() -> None:
    lines = printed(ILL)
    heads = [line for line in lines if line.startswith(("ERROR", "WARNING", "INFO", "could not look", "fine"))]
    assert heads == [
        "ERROR binlog.format  binlog_format = STATEMENT",
        "ERROR replica.errant at db2:3306",
        "WARNING server.packet  max_allowed_packet = 1024",
        "WARNING tables.engines",
        "INFO server.durability  sync_binlog = 0",
        "could not look: server.xa",
        "fine",
    ]
    assert lines[:3] == [
        "MySQL 8.4.6 at db1:3306, self-managed, asked as 'capture'@'%'",
        "Debezium connector shop",
        "replica at db2:3306",
    ]
    assert lines[-2].startswith("72 checks: 66 fine, 2 errors, 2 warnings, 1 remark, 1 could not look")


def test_words_are_folded_to_the_screen_and_statements_never() -> None:
    lines = printed(ILL, 60)
    statements = [line for line in lines if line.rstrip().endswith(";")]
    assert "  repair   SET PERSIST binlog_format = 'ROW';" in statements
    assert [line for line in lines if len(line) > 60 and line not in statements] == [lines[0], *lines[-2:-1]]
    assert any("ALTER TABLE `shop`.`orders_of_the_year_2019` ENGINE = InnoDB;" in line for line in statements)


def test_a_program_gets_all_of_it_and_no_secret() -> None:
    given = replace(ILL, connector=connector(config={"database.password": "hush"}))
    whole = json.dumps(document(given, judge(given, BUILTIN)))
    assert "hush" not in whole
    told = json.loads(whole)
    assert (told["problem"], told["profile"], told["connector"]) == (True, "self-managed", "shop")
    (finding,) = (each for each in told["findings"] if each["check"] == "replica.errant")
    assert finding["where"] == "db2:3306"
    assert finding["repair"]["at"] == "db1:3306"
    assert told["unread"] == [
        {"check": "server.xa", "because": "GRANT XA_RECOVER_ADMIN ON *.* TO 'capture'@'%' is missing"}
    ]
    assert "binlog.on" in told["fine"]
    assert {"check": "kafka.history", "needs": "--connector of one that uses Kafka"} in told["skipped"]
