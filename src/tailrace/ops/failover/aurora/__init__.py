"""A failover that AWS carries out: within an Aurora cluster, or to a secondary cluster of a global database.

`read` asks AWS, `facts` has what it and the servers say, `refuse` and `plan` decide, `verify` judges afterwards. The
steps are those of all failovers: data, for `execute` and `runbook`.
"""
