"""The emulator's process: `python -m tailrace.lab.aws FOLDER`, where FOLDER is `aws` in a lab's folder."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import moto.cloudwatch.urls
import moto.rds.urls
import moto.sns.urls
from moto.cloudwatch.models import cloudwatch_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from tailrace.lab.aws import feed, models, names, parameters, procedures, sns
from tailrace.lab.aws.alarms import Alarms
from tailrace.lab.aws.aurora import AVAILABLE, Aurora
from tailrace.lab.aws.cloudwatch import CloudWatch, window
from tailrace.lab.aws.database import Database
from tailrace.lab.aws.endpoint import Endpoint
from tailrace.lab.aws.faults import Faults
from tailrace.lab.aws.front import Front
from tailrace.lab.aws.places import Place, Roles
from tailrace.lab.aws.rds import Rds
from tailrace.lab.aws.refusable import Refusable
from tailrace.lab.aws.settings import CLUSTER_HOST, READER_HOST, Settings
from tailrace.lab.aws.timing import Timing
from tailrace.lab.ports import HOST
from tailrace.lab.server import Server, read_settings

log = logging.getLogger("tailrace.lab.aws")
FEED_SECONDS = 60.0
LOOK_SECONDS = 1.0
TEND_SECONDS = 3.0
MOST_SECONDS = 0.25
"""Of sleep, at once."""


class Quiet(MotoRequestHandler):
    """Says nothing of each request."""

    def log_request(self, *_: Any) -> None:
        """Nothing."""


def main(folder: Path) -> None:
    """Serves until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    settings = read_settings(Settings, folder / "aws.json")
    address = f"http://{HOST}:{settings.port}"
    timing, faults = Timing(), Faults()
    aurora = _aurora(folder, settings, timing)
    alarms = Alarms(timing, window, sns.publish)
    Refusable.faults, Rds.aurora, CloudWatch.alarms, sns.Sns.address = faults, aurora, alarms, address
    models.install()
    sns.install()
    for urls, ours in ((moto.rds.urls, Rds), (moto.cloudwatch.urls, CloudWatch), (moto.sns.urls, sns.Sns)):
        urls.url_paths["{0}/$"] = ours.dispatch
    front = Front(DomainDispatcherApplication(create_backend_app), aurora, faults)
    server = make_server(HOST, settings.port, front, threaded=True, request_handler=Quiet)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _create(address, aurora)
    procedures.install(aurora.databases[aurora.roles.writer])
    aurora.arrange()
    _again(alarms.look, lambda: alarms.pause)
    _again(lambda: _feed(aurora), lambda: max(0.25, FEED_SECONDS / timing.speed))
    _again(_Watch(aurora).look, lambda: LOOK_SECONDS)
    _again(aurora.tend, lambda: TEND_SECONDS)
    front.ready = True
    ended.wait()
    server.shutdown()


def _aurora(folder: Path, settings: Settings, timing: Timing) -> Aurora:
    databases = {name: Database(Server.open(folder.parent / role)) for name, role in names.ROLES.items()}
    places = {}
    for name, region, port, members in (
        (names.CLUSTER, names.REGION, settings.cluster_port, ("lab-1", "lab-2")),
        (names.SECOND_CLUSTER, names.SECOND_REGION, settings.second_port, ("lab-eu-1",)),
    ):
        places[name] = Place(
            region, name, members, Endpoint(CLUSTER_HOST, port), Endpoint(READER_HOST, port), sns.publish
        )
        models.Cluster.places[places[name].arn] = (CLUSTER_HOST, READER_HOST, port)
    for name, database in databases.items():
        models.Instance.places[name] = (database.server.host, database.server.port)
    follower = databases[names.REPLICA_INSTANCE].server
    models.Cluster.places[names.cluster_arn(names.SECOND_REGION, names.REPLICA_CLUSTER)] = (
        follower.host,
        follower.host,
        follower.port,
    )
    return Aurora(databases, places, Roles.read(folder / "roles.json"), timing)


def _create(address: str, aurora: Aurora) -> None:
    """The lab's clusters, as a user of AWS would make them."""

    def client(region: str) -> Any:
        keys = {"aws_access_key_id": "lab", "aws_secret_access_key": "lab"}
        return boto3.client("rds", region_name=region, endpoint_url=address, **keys)

    near, far = client(names.REGION), client(names.SECOND_REGION)
    common = {"Engine": names.ENGINE, "DBClusterParameterGroupName": names.PARAMETERS}
    changes = [
        {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
        for name, value in parameters.LAB_GROUP.items()
    ]
    for rds in (near, far):
        rds.create_db_cluster_parameter_group(
            DBClusterParameterGroupName=names.PARAMETERS,
            DBParameterGroupFamily=names.FAMILY,
            Description="The lab's servers: GTIDs, a binlog of rows",
        )
    owner = {"MasterUsername": "admin", "ManageMasterUserPassword": True}
    ports = {place.name: place.endpoint.port for place in aurora.places.values()}
    near.create_db_cluster(DBClusterIdentifier=names.CLUSTER, Port=ports[names.CLUSTER], **owner, **common)
    near.create_global_cluster(
        GlobalClusterIdentifier=names.GLOBAL,
        SourceDBClusterIdentifier=names.cluster_arn(names.REGION, names.CLUSTER),
    )
    far.create_db_cluster(
        DBClusterIdentifier=names.SECOND_CLUSTER,
        GlobalClusterIdentifier=names.GLOBAL,
        Port=ports[names.SECOND_CLUSTER],
        **common,
    )
    far.create_db_cluster(
        DBClusterIdentifier=names.REPLICA_CLUSTER,
        ReplicationSourceIdentifier=names.cluster_arn(names.REGION, names.CLUSTER),
        Port=aurora.databases[names.REPLICA_INSTANCE].server.port,
        **owner,
        **common,
    )
    for rds, cluster, instances in (
        (near, names.CLUSTER, ("lab-1", "lab-2")),
        (far, names.SECOND_CLUSTER, ("lab-eu-1",)),
        (far, names.REPLICA_CLUSTER, (names.REPLICA_INSTANCE,)),
    ):
        for instance in instances:
            rds.create_db_instance(
                DBInstanceIdentifier=instance,
                DBClusterIdentifier=cluster,
                DBInstanceClass="db.r6g.large",
                Engine=names.ENGINE,
                AvailabilityZone=names.ZONES.get(instance, f"{names.SECOND_REGION}a"),
                PromotionTier=1,
            )
        rds.modify_db_cluster_parameter_group(DBClusterParameterGroupName=names.PARAMETERS, Parameters=changes)
        # `creating` is told once.
        rds.describe_db_clusters(DBClusterIdentifier=cluster)
    found = near.describe_global_clusters()["GlobalClusters"]
    log.info("made %s", [member["DBClusterArn"] for member in found[0]["GlobalClusterMembers"]])
    _as_they_were_left(aurora)


def _as_they_were_left(aurora: Aurora) -> None:
    """Roles outlive this process; moto's state does not."""
    for place in aurora.places.values():
        place.cluster.is_writer = place.name == aurora.roles.primary
        for member in place.cluster.members:
            member.is_cluster_writer = member.db_instance_identifier == aurora.roles.writers[place.name]
            # They were set before the servers were started.
            member.parameters_state = models.IN_SYNC


def _feed(aurora: Aurora) -> None:
    for figure in feed.figures(aurora):
        cloudwatch_backends[names.ACCOUNT][figure.region].put_metric_data(
            feed.NAMESPACE,
            [
                {
                    "MetricName": figure.name,
                    "Value": figure.value,
                    "Unit": figure.unit,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in figure.dimensions.items()],
                }
            ],
        )


class _Watch:
    """Fails over by itself where the writer has been down for long enough."""

    def __init__(self, aurora: Aurora) -> None:
        self._aurora = aurora
        self._down_since: float | None = None

    def look(self) -> None:
        """Once."""
        aurora, patience = self._aurora, self._aurora.timing.detect
        place = aurora.places[aurora.roles.primary]
        if not patience or place.cluster.status != AVAILABLE or aurora.databases[aurora.roles.writer].reachable:
            self._down_since = None
            return
        self._down_since = self._down_since or time.monotonic()
        others = [name for name in place.instances if name != aurora.roles.writer and aurora.databases[name].reachable]
        if others and time.monotonic() - self._down_since >= patience and aurora.busy.acquire(blocking=False):
            self._down_since = None
            aurora.fail_over(place, others[0])


def _again(do: Callable[[], None], pause: Callable[[], float]) -> None:
    def run() -> None:
        while True:
            try:
                do()
            except Exception:
                # It is asked again; what goes wrong once must not end it.
                log.exception("%s", do)
            began = time.monotonic()
            # It may become shorter meanwhile.
            while (left := began + pause() - time.monotonic()) > 0:
                time.sleep(min(left, MOST_SECONDS))

    threading.Thread(target=run, daemon=True).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
