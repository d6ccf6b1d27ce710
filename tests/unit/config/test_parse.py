"""Configuration: what is accepted, what is refused and in which words."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path

import pytest

from tailrace.config import Config, LockingMode, Password, SnapshotMode, SslMode, load_properties, parse
from tailrace.config.source import SERVER_IDS
from tailrace.errors import ConfigError
from tailrace.sinks import sink_fields

MINIMAL = {"database.hostname": "db.example", "database.user": "cdc"}


def config(**properties: str) -> Config:
    given = {name.replace("__", "."): value for name, value in properties.items()}
    return parse(MINIMAL | given, sink_fields, environment={})


def refusal(properties: dict[str, str], environment: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(properties, sink_fields, environment or {})
    return str(caught.value)


def test_two_properties_are_enough() -> None:
    got = config()
    assert got.name == "tailrace"
    assert got.engine.topic_prefix == "tailrace"
    assert got.storage.path == Path("tailrace.tailrace.db")
    assert got.source.ssl_mode is SslMode.PREFERRED
    assert got.source.server_id in SERVER_IDS
    assert got.snapshot.mode is SnapshotMode.INITIAL
    assert got.engine.max_retries is None
    assert got.sink.type == "stdout"


def test_a_whole_debezium_config_is_taken_over(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        got = parse(
            MINIMAL
            | {
                "name": "inventory",
                "connector.class": "io.debezium.connector.mysql.MySqlConnector",
                "tasks.max": "1",
                "database.port": "3307",
                "database.password": "s3cret",
                "database.server.id": "184054",
                "topic.prefix": "shop",
                "table.include.list": r"shop\.orders,shop\.items",
                "snapshot.locking.mode": "NONE",
                "schema.history.internal.kafka.bootstrap.servers": "kafka:9092",
                "schema.history.internal.kafka.topic": "history",
                "key.converter": "org.apache.kafka.connect.json.JsonConverter",
                "value.converter.schemas.enable": "false",
                "decimal.handling.mode": "precise",
                "include.schema.changes": "TRUE",
                "max.batch.size": "4096",
            },
            sink_fields,
            environment={},
        )
    assert (got.source.port, got.source.server_id, got.engine.topic_prefix) == (3307, 184054, "shop")
    assert got.snapshot.locking is LockingMode.NONE
    assert "max.batch.size has no effect" in caplog.text
    assert "schema.history.internal.kafka.topic has no effect" in caplog.text
    assert "decimal.handling.mode" not in caplog.text


def test_all_problems_are_told_at_once() -> None:
    text = refusal(
        {
            "database.hostnam": "db",
            "database.port": "http",
            "snapshot.mode": "sometimes",
            "binary.handling.mode": "hexadecimal",
            "post.processors": "reselect",
            "shoe.size": "44",
            "sink.rotate.byte": "1",
        }
    )
    assert "database.hostname: is missing" in text
    assert "database.hostnam: unknown property; did you mean database.hostname?" in text
    assert "database.port: must be a whole number (given: http)" in text
    assert "snapshot.mode: must be one of initial, initial_only" in text
    assert "binary.handling.mode: must be one of bytes, base64, base64-url-safe, hex" in text
    assert "post.processors: not supported: there is nothing to read again" in text
    assert "shoe.size: unknown property\n" in text
    assert "sink.rotate.byte: unknown property" in text
    assert text.count("\n") == 9


@pytest.mark.parametrize(
    ("name", "says"),
    [
        # Never the property of a like name (database.server.id), which would be a second mistake.
        ("database.server.name", "is an old name; did you mean topic.prefix?"),
        ("database.history.kafka.topic", "is an old name; did you mean schema.history.internal.kafka.topic?"),
        ("table.whitelist", "is an old name; did you mean table.include.list?"),
        ("gtid.new.channel.position", "is gone, from Debezium too; leave it out"),
    ],
)
def test_a_name_of_an_older_debezium_leads_to_the_one_of_today(name: str, says: str) -> None:
    assert f"{name}: {says}" in refusal(MINIMAL | {name: "shop"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key.converter", "io.confluent.connect.avro.AvroConverter"),
        ("transforms", "unwrap"),
        ("snapshot.mode", "custom"),
        ("column.mask.with.some.chars", "a.b.c"),
        ("name", "a\nb"),
        ("max.queue.size.in.bytes", "10"),
        ("connector.class", "io.debezium.connector.postgresql.PostgresConnector"),
    ],
)
def test_what_would_change_the_events_is_never_ignored(name: str, value: str) -> None:
    assert name in refusal(MINIMAL | {name: value})


@pytest.mark.parametrize("kind", ["database", "table"])
def test_include_and_exclude_together_are_refused(kind: str) -> None:
    text = refusal(MINIMAL | {f"{kind}.include.list": "a", f"{kind}.exclude.list": "b"})
    assert "give one of them, not both" in text


def test_a_bad_pattern_names_the_pattern() -> None:
    assert "'shop.(' is not a regular expression" in refusal(MINIMAL | {"table.include.list": "ok,shop.("})


def test_a_sink_that_does_not_exist_is_one_problem_among_others() -> None:
    text = refusal({"sink.type": "kafak", "sink.path": "x", "database.user": "u"})
    assert "there is no sink 'kafak'" in text
    assert "database.hostname: is missing" in text
    assert "sink.path" not in text


def test_the_sinks_own_properties_are_checked() -> None:
    assert "sink.compression: must be one of none, gzip, zstd" in refusal(
        MINIMAL | {"sink.type": "jsonl", "sink.compression": "lzo"}
    )
    assert "sink.path: unknown property" in refusal(MINIMAL | {"sink.type": "stdout", "sink.path": "x"})


def test_secrets_come_from_outside_and_are_never_shown(tmp_path: Path) -> None:
    secrets = tmp_path / "db.properties"
    secrets.write_text("pw = s3c:ret\n", encoding="utf-8")
    got = parse(
        {
            "database.hostname": "${env:DB_HOST}",
            "database.user": "cdc",
            "database.password": f"${{file:{secrets}:pw}}",
        },
        sink_fields,
        environment={"DB_HOST": "db7"},
    )
    assert got.source.host == "db7"
    assert got.source.password.reveal() == "s3c:ret"
    assert "s3c" not in repr(got) + str(got.source.password) + f"{got.source.password}"
    with pytest.raises(TypeError):
        pickle.dumps(got.source.password)


@pytest.mark.parametrize("line_end", ["", "\n", "\r\n"])
def test_a_secret_that_is_a_whole_file_has_no_line_end(tmp_path: Path, line_end: str) -> None:
    (tmp_path / "mysql_password").write_bytes(f" p:w=\n#1{line_end}".encode())
    got = parse(MINIMAL | {"database.password": f"${{directory:{tmp_path}:mysql_password}}"}, sink_fields)
    assert got.source.password.reveal() == " p:w=\n#1"
    assert "none: No such file" in refusal(MINIMAL | {"database.password": f"${{directory:{tmp_path}:none}}"})


def test_a_reference_that_leads_nowhere_names_itself_and_no_value(tmp_path: Path) -> None:
    text = refusal(
        MINIMAL
        | {
            "database.password": "${env:NOPE}",
            "database.port": "${env:PORT}",
            "topic.prefix": "${vault:x}",
            "name": f"${{file:{tmp_path}/none:k}}",
        },
        {"PORT": "topsecret"},
    )
    assert "the environment has no NOPE" in text
    assert "topsecret" not in text
    assert "${vault:…} is not known" in text
    assert "No such file" in text


def test_passwords_compare_by_secret_and_keep_their_spaces() -> None:
    assert Password("a") == Password("a") != Password("b")
    assert Password("a") != "a"
    assert config(database__password=" p ").source.password == Password(" p ")


FORMATS = {
    "a.properties": "# c\nname: x\ndatabase.port 3307\ntable.include.list=a\\\\.b,\\\n  c\n",
    "a.json": '{"name": "x", "database.port": 3307, "table.include.list": ["a\\\\.b", "c"], "gone": null}',
    "b.json": '{"name": "x", "config": {"database.port": "3307", "table.include.list": "a\\\\.b,c"}}',
    "a.yaml": "name: x\ndatabase:\n  port: 3307\ntable.include.list: ['a\\.b', c]\n",
    "a.toml": "name = 'x'\ndatabase.port = 3307\n\"table.include.list\" = 'a\\.b,c'\n",
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_the_same(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(FORMATS[name], encoding="utf-8")
    assert load_properties(tmp_path / name, ["name=y", "snapshot.mode=no_data=x"]) == {
        "name": "y",
        "database.port": "3307",
        "table.include.list": r"a\.b,c",
        "snapshot.mode": "no_data=x",
    }


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", "{", "cannot read the configuration"),
        ("a.json", "[]", "names with values"),
        ("a.yaml", "a: [", "line 1"),
        ("a.toml", "max.queue = 1\nmax.queue.size = 2", "quote names"),
        ("a.ini", "x=1", "cannot tell the format"),
        ("b.json", '{"config": {}, "tasks": 1}', "beside 'config' stands tasks"),
        ("c.json", '{"a": [[1]]}', "a: must be text"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_config_error(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words.replace("'", ".")) as caught:
        load_properties(tmp_path / name)
    assert words in str(caught.value)


def test_a_missing_file_and_a_bad_override_are_config_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_properties(tmp_path / "none.json")
    with pytest.raises(ConfigError, match="cannot read --set x"):
        load_properties({}, ["x"])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("snapshot.mode", "schema_only", "did you mean no_data?"),
        ("snapshot.mode", "schema_only_recovery", "did you mean recovery?"),
        ("snapshot.mode", "never", "did you mean no_data?"),
        ("snapshot.mode", "initail", "did you mean initial?"),
        ("snapshot.locking.mode", "minimal_percona", "only Percona Server has"),
        ("snapshot.query.mode", "custom", "snapshot.select.statement.overrides"),
        ("errors.tolerance", "all", "says what may be passed over"),
        ("exactly.once.support", "required", "sink.type=stdout cannot write exactly once"),
        ("internal.implementation", "x", "internal to Debezium"),
        ("converters", "isbn", "isbn.type: is missing"),
    ],
)
def test_what_is_refused_is_refused_with_the_way_out(name: str, value: str, words: str) -> None:
    assert words in refusal(MINIMAL | {name: value})


def test_what_kafka_connect_reads_of_any_connector_has_no_effect(caplog: pytest.LogCaptureFixture) -> None:
    given = {
        "errors.log.enable": "true",
        "errors.tolerance": "none",
        "config.action.reload": "none",
    }
    with caplog.at_level(logging.INFO):
        parse(MINIMAL | given, sink_fields, environment={})
    noted = {record.getMessage().split()[0] for record in caplog.records}
    assert noted == given.keys() - {"errors.tolerance"}, "a default is not worth a word"


def test_a_rule_of_topics_that_no_group_names_is_refused() -> None:
    assert "wide is not among topic.creation.groups" in refusal(MINIMAL | {"topic.creation.wide.partitions": "3"})


def test_rules_of_topics_are_tried_in_the_order_of_their_groups() -> None:
    given = {
        "topic.creation.groups": "wide,all",
        "topic.creation.wide.include": r".*\.wide",
        "topic.creation.wide.partitions": "3",
        "topic.creation.all.partitions": "2",
        "topic.creation.default.cleanup.policy": "compact",
    }
    rules = parse(MINIMAL | given, sink_fields, environment={}).kafka.rules
    assert [next(rule.partitions for rule in rules if rule.fits(name)) for name in ("a.wide", "a.b")] == [3, 2]
    assert rules[-1].settings == {"cleanup.policy": "compact"}


def test_a_secret_of_kafka_is_never_shown() -> None:
    given = {"producer.override.sasl.jaas.config": 'X required username="u" password="s3cret";', "sink.type": "kafka"}
    config = parse(MINIMAL | given | {"bootstrap.servers": "h:1"}, sink_fields, environment={})
    assert "s3cret" not in repr(config.kafka)


def test_a_store_and_a_pem_file_for_the_same_are_refused(tmp_path: Path) -> None:
    for name in ("t.p12", "ca.pem"):
        (tmp_path / name).touch()
    given = {"database.ssl.truststore": str(tmp_path / "t.p12"), "database.ssl.ca": str(tmp_path / "ca.pem")}
    text = refusal(MINIMAL | given)
    assert "database.ssl.truststore and database.ssl.ca: give one of them" in text


REGEX_NAMING = {"topic.naming.strategy": "io.debezium.schema.DefaultRegexTopicNamingStrategy"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "topic.regex: is missing"),
        ({"topic.regex": "(", "topic.replacement": "x"}, "topic.regex, topic.key.field.regex: "),
        ({"topic.regex": ".", "topic.replacement": "x", "topic.key.field.regex": "."}, "topic.key.field.replacement"),
    ],
    ids=["nothing", "no regular expression", "half"],
)
def test_names_by_regex_that_cannot_be_made_are_refused(given: dict[str, str], words: str) -> None:
    assert words in refusal(MINIMAL | REGEX_NAMING | given)


def test_names_are_made_by_one_rule_alone() -> None:
    route = {"transforms": "r", "transforms.r.type": "io.debezium.transforms.ByLogicalTableRouter"}
    route |= {"transforms.r.topic.regex": ".", "transforms.r.topic.replacement": "x"}
    named = {"topic.regex": ".", "topic.replacement": "x"}
    assert "choose one of them" in refusal(MINIMAL | REGEX_NAMING | named | route)
