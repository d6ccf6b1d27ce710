"""Every request there is: what answers it, who may ask it, and what its page says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tailrace.rest import about, connectors, loggers, plugins, signals
from tailrace.rest.answers import Answer, Question
from tailrace.worker.settings import Role
from tailrace.worker.worker import Worker


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    answer: Callable[[Worker, Question], Answer]
    summary: str
    body: str | None = None
    """Name of the schema of what is sent; None: nothing is."""
    gives: tuple[tuple[int, str | None], ...] = ((200, None),)
    """(status, name of the schema) of the answers that are no errors."""
    query: tuple[tuple[str, str], ...] = ()
    """(name, what it does)"""
    reads: bool = False
    """It changes nothing although it is no GET."""
    public: bool = False
    """Who asks need not say who they are."""
    shows_rows: bool = False
    """It is a GET, and its answer has values of tables, which not everybody may see who may see that all is well."""

    @property
    def role(self) -> Role:
        """Who may ask."""
        return Role.READ_ONLY if (self.method == "GET" and not self.shows_rows) or self.reads else Role.OPERATOR


_C = "/connectors/{connector}"
_EXPAND = ("expand", "status, info or both (given twice): what is told of each connector")
_TASKS = ("includeTasks", "true: the task too")
_FAILED = ("onlyFailed", "true: only what has failed")
_ONLY = ("connectorsOnly", "false: transforms, predicates and converters too")
_SINCE = ("since", "the `next` of an earlier answer: only what was told after it")
_LIMIT = ("limit", "at most so many, the last ones; 1 to 100")
_SCOPE = ("scope", "worker (the answer names the loggers), or cluster")

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/", about.root, "The version of the interface", gives=((200, "Server"),)),
    # For probes, which have no password.
    Operation("GET", "/health", about.health, "Whether the worker is ready", gives=((200, "Health"),), public=True),
    Operation(
        "GET", "/connectors", connectors.listed, "All connectors", gives=((200, "Connectors"),), query=(_EXPAND,)
    ),
    Operation("POST", "/connectors", connectors.created, "A new connector", "Create", ((201, "Connector"),)),
    Operation("GET", _C, connectors.shown, "One connector", gives=((200, "Connector"),)),
    Operation("DELETE", _C, connectors.deleted, "Delete a connector; its offset stays", gives=((204, None),)),
    Operation("GET", f"{_C}/config", connectors.config, "Its configuration", gives=((200, "Config"),)),
    Operation(
        "PUT",
        f"{_C}/config",
        connectors.configured,
        "Create or change a connector",
        "Config",
        ((200, "Connector"), (201, "Connector")),
    ),
    Operation("PATCH", f"{_C}/config", connectors.patched, "Change some properties", "Patch", ((200, "Connector"),)),
    Operation("GET", f"{_C}/status", connectors.status, "State of connector and task", gives=((200, "Status"),)),
    Operation(
        "POST",
        f"{_C}/restart",
        connectors.restarted,
        "Restart the connector, its task, or what has failed",
        gives=((202, "Status"), (204, None)),
        query=(_TASKS, _FAILED),
    ),
    Operation("PUT", f"{_C}/pause", connectors.paused, "Pause", gives=((202, None),)),
    Operation("PUT", f"{_C}/resume", connectors.resumed, "Resume after a pause or a stop", gives=((202, None),)),
    Operation("PUT", f"{_C}/stop", connectors.stopped, "Stop; needed to change offsets", gives=((204, None),)),
    Operation("GET", f"{_C}/tasks", connectors.tasks, "Its task", gives=((200, "Tasks"),)),
    Operation(
        "GET", f"{_C}/tasks/{{task}}/status", connectors.task_status, "State of the task", gives=((200, "TaskStatus"),)
    ),
    Operation(
        "POST", f"{_C}/tasks/{{task}}/restart", connectors.task_restarted, "Restart the task", gives=((204, None),)
    ),
    Operation("GET", f"{_C}/topics", connectors.topics, "Topics that got records", gives=((200, "Topics"),)),
    Operation("PUT", f"{_C}/topics/reset", connectors.topics_reset, "Count topics anew", gives=((202, None),)),
    Operation("GET", f"{_C}/offsets", connectors.offset, "Where a restart goes on", gives=((200, "Offsets"),)),
    Operation("PATCH", f"{_C}/offsets", connectors.offset_altered, "Go on elsewhere", "Offsets", ((200, "Message"),)),
    Operation(
        "DELETE", f"{_C}/offsets", connectors.offset_reset, "Start as if for the first time", gives=((200, "Message"),)
    ),
    Operation(
        "GET", "/connector-plugins", plugins.listed, "What can be run", gives=((200, "Plugins"),), query=(_ONLY,)
    ),
    Operation(
        "GET", "/connector-plugins/{plugin}/config", plugins.definitions, "Properties", gives=((200, "Definitions"),)
    ),
    Operation(
        "PUT",
        "/connector-plugins/{plugin}/config/validate",
        plugins.validated,
        "Whether a configuration would do",
        "Config",
        ((200, "Validation"),),
        reads=True,
    ),
    Operation("GET", "/admin/loggers", loggers.listed, "Loggers with a level", gives=((200, "Loggers"),)),
    Operation("GET", "/admin/loggers/{logger}", loggers.shown, "Level of a logger", gives=((200, "Logger"),)),
    Operation(
        "PUT",
        "/admin/loggers/{logger}",
        loggers.changed,
        "Set the level of a logger and those below it",
        "Level",
        ((200, "Names"), (204, None)),
        query=(_SCOPE,),
    ),
    Operation("GET", "/tailrace/health", about.summary, "The worker at a glance", gives=((200, "Summary"),)),
    Operation(
        "GET",
        "/tailrace/connectors/{connector}/progress",
        about.progress,
        "What the connector does now",
        gives=((200, "Progress"),),
    ),
    Operation(
        "POST",
        "/tailrace/connectors/{connector}/signals",
        signals.signalled,
        "Ask something of a running connector: execute-snapshot, stop-snapshot, log …",
        "Signal",
        ((202, "Accepted"),),
    ),
    Operation(
        "GET",
        "/tailrace/connectors/{connector}/notifications",
        signals.notifications,
        "What the connector told last, oldest first: at most a hundred, of its present run",
        gives=((200, "Notifications"),),
        query=(_SINCE, _LIMIT),
    ),
)
