"""An emulator of AWS over the lab's servers: RDS (Aurora MySQL), CloudWatch and SNS. It is moto, and what moto lacks.

It is **not AWS**: every answer says so in the header X-Emulator, `status()` lists what was added to moto.

What there is: region eu-central-1 has the cluster `lab`, whose instances `lab-1` and `lab-2` are the lab's primary and
replica; eu-west-1 has `lab-eu`, the secondary of the global database `lab-global` (a third server), and `lab-replica`,
a cluster that is a binlog replica of `lab` (a fourth). A cluster endpoint is a TCP proxy, on 127.0.0.1; the
reader endpoint has the same port, on 127.0.0.2. DescribeDBClusters gives these addresses.

From a shell:

    tailrace lab up --with aws
    eval "$(tailrace lab env)"                # AWS_ENDPOINT_URL, AWS_DEFAULT_REGION, keys of nobody
    aws rds failover-db-cluster --db-cluster-identifier lab
    curl -X PUT $AWS_ENDPOINT_URL/_lab/timing -d '{"outage": 3, "stale": 10, "speed": 60}'
    curl -X POST $AWS_ENDPOINT_URL/_lab/faults -d '{"kind": "throttling", "service": "rds", "times": 2}'
    curl -X DELETE $AWS_ENDPOINT_URL/_lab/faults;  curl $AWS_ENDPOINT_URL/_lab/status

From a test (the fixture `aurora` of tests/conftest.py is shared by a process; it is in tests/support/aws.py):

    def test_something(aurora: Aurora) -> None:          # outage is 0.5 s there, nothing is stale
        rds = aurora.client("rds")                       # boto3; aurora.environment for the AWS CLI
        rds.failover_db_cluster(DBClusterIdentifier="lab", TargetDBInstanceIdentifier="lab-2")
        aurora.until_writer("lab-2")                     # describe-db-clusters says so, and is `available`
        host, port = aurora.aws.endpoint                 # connect there as aurora.lab.primary.admin
        aurora.aws.set(stale=2); aurora.aws.fault("throttling", service="rds")

Failovers are real promotions: the old writer becomes read-only, the reader applies all it has, is promoted, and the
others follow it by GTID. Right after the call describe-db-clusters still says `available` (`notice`): wait for the
writer to change, not for a status. How this is unlike Aurora: `aurora.py`.
"""

from tailrace.lab.aws.part import Aws

__all__ = ["Aws"]
