"""A failover that AWS carries out: within an Aurora cluster, or to a secondary cluster of a global database.

`facts` has what AWS (`ops/aws/rds.py`) and the servers say, `refuse` and `plan` decide, `verify` judges afterwards. The
steps are those of all failovers: data, for `execute` and `runbook`.
"""
