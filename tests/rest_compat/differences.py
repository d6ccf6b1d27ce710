"""Where our answers may be others than those of Kafka Connect 4.3, and why. Nothing else may differ."""

from __future__ import annotations

JACKSON = "Connect answers 500 with the parser's own words; the request is wrong, not the worker: 400, and what to send"
INVALID = (
    "Connect 4.3.1 fails to tell of an invalid configuration of Debezium's (a null pointer): 400 with every problem"
)
WRAPPED = "Connect wraps the refusal of this path in an internal error: 400"
OFFSETS = "an offset that no start could use is refused; Connect stores it, and the connector fails when it starts"
JETTY = "Jetty refuses the address itself, so such a connector can be made and never asked for; here every name works"

STATUS: dict[str, str] = {
    "create: not JSON": JACKSON,
    "create: a list": JACKSON,
    "create: a text": JACKSON,
    "create: null": JACKSON,
    "create: empty body": JACKSON,
    "create: no body": JACKSON,
    "create: no name, no config": JACKSON,
    "create: no config": JACKSON,
    "create: unknown initial state": JACKSON,
    "create: a field too many": JACKSON,
    "create: a property that is an object": JACKSON,
    "create: a property that is a list": JACKSON,
    "configure: a list": JACKSON,
    "validate: not JSON": JACKSON,
    "level: empty body": JACKSON,
    "alter: not an offset": JACKSON,
    "alter: not a list": JACKSON,
    "create: a port that is no number": INVALID,
    "create: nobody listens": INVALID,
    "create: wrong password": INVALID,
    "create: no name": INVALID,
    "create: empty name": INVALID,
    "create: control character in the name": INVALID,
    "create: null property": INVALID,
    "configure: null property": INVALID,
    "configure: nobody listens": INVALID,
    "validate: no class": WRAPPED,
    "validate: unknown class": WRAPPED,
    "alter: another partition": OFFSETS,
    "alter: a position that is text": OFFSETS,
    "alter: no partition": OFFSETS,
    "slash in a name": JETTY,
    "percent in a name": JETTY,
    "empty segment": "Jetty refuses the address with a page of HTML; here it is an address like any other that is not",
    "patch: another name": "Connect stores a name that is not the connector's; the request is refused as in PUT",
    "restart task of a stopped connector": "Connect looks for a worker that has the task and finds none (409); "
    "there is none to look for: 404, as for any task that is not there",
}
"""Question → why another status."""

BODY: dict[str, str] = {
    "root": "commit and cluster are ours",
    "plugins": "io.tailrace.MySqlConnector is there too",
    "create": "Connect makes the task after it has answered; here it is there at once",
    "create: paused": "the same",
    "status of paused": "a task of Debezium's rests when it next comes back from waiting for records, here at once",
    "level": "loggers are those of Python",
    "loggers": "loggers are those of Python",
    "level of root": "loggers are those of Python",
    "properties": "the table is ours: sinks' and Tailrace's properties are in it, those without effect are not",
    "properties of a converter": "converters are configured through the connector's own properties here",
    "validate": "the table is ours",
    "validate: a port that is no number": "the table is ours",
    "validate: nobody listens": "the table is ours",
    "alter": "Connect does not know whether Debezium would look at the offset, and says so; here it is known",
    "alter: to null": "the same",
    "reset offsets": "the same",
    "offsets": "Connect stores offsets of a partition that is not the connector's, too",
    "options": "in another order",
    "create: no class": "Connect repeats the configuration, and what is secret in it",
    "configure: no class": "Connect repeats the configuration, and what is secret in it",
    "create: unknown class": "Connect tells of its plugin loader",
}
"""Question → why another body, where the status is the same."""

_OURS = "commit and cluster are ours"
_PLUGINS = "ours are listed, not Java's"
_CREATED = "Connect makes the task after it has answered; here it is there at once"

CLIENT_BODY: dict[str, str] = {
    "kafka-connect-py: GET /": _OURS,
    "kafka-connect-py: GET /connector-plugins": _PLUGINS,
    "kafka-connect-py: POST /connectors": _CREATED,
    "kcctl: GET /": _OURS,
    "kcctl: GET /connector-plugins?connectorsOnly=false": _PLUGINS,
    "kcctl: GET /connector-plugins/MySqlConnector/config": "the table is ours",
    "kcctl: POST /connectors/": _CREATED,
    "kcctl: GET /admin/loggers/": "loggers are those of Python",
}
"""The same for requests of clients that others wrote."""
