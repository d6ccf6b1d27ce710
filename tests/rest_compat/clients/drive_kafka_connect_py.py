"""What people do with kafka-connect-py: run by `tools/record_rest_client.py`, under a Python that has it.

`{property}` stands for what differs from worker to worker; `await_state` is understood by the recorder.
"""

import json
import sys
import urllib.request
from pathlib import Path

from kafka_connect import KafkaConnect  # type: ignore[import-not-found]  # in a virtual environment of its own
from requests.exceptions import HTTPError  # type: ignore[import-untyped,unused-ignore]  # the same

url = sys.argv[1]
config = json.loads(Path(__file__).with_name("config.json").read_text(encoding="utf-8"))
client = KafkaConnect(url=url)


def await_state(connector: str, task: str) -> None:
    urllib.request.urlopen(f"{url}/await-state/x/{connector}/{task}").close()


client.get_cluster_info()
client.list_connectors()
client.list_connector_plugins()
client.validate_connector_config("MySqlConnector", {**config, "name": "x"})
client.create_connector({"name": "x", "config": config})
await_state("RUNNING", "RUNNING")
client.list_connectors(pattern="x", state="running")
client.list_connectors(expand="info")
client.get_connector("x")
client.get_connector_config("x")
client.get_connector_status("x")
client.list_connector_tasks("x")
client.get_connector_task_status("x", 0)
client.list_connector_topics("x")
client.reset_connector_topics("x")
client.update_connector("x", config)
await_state("RUNNING", "RUNNING")
client.pause_all_connectors(state="running")
await_state("PAUSED", "%3F")  # any: a task of Debezium rests late
client.resume_connector("x")
await_state("RUNNING", "RUNNING")
client.restart_connector("x", include_tasks=True, only_failed=True)
client.restart_connector("x")
await_state("RUNNING", "RUNNING")
client.restart_connector_task("x", 0)
await_state("RUNNING", "RUNNING")
client.stop_connector("x")
await_state("STOPPED", "-")
client.get_connector_status("x")
client.delete_connector("x")
await_state("404", "-")
try:
    client.get_connector("x")
except HTTPError:
    pass
else:
    sys.exit("a connector that was deleted is there")
