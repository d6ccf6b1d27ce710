"""A primary is replaced by one of its replicas, and connectors go on there: facts → plan → steps → verification.

`plan` decides, from facts alone; its steps are data. `execute` carries them out and `runbook` writes them down as bash;
neither knows how a server is promoted, for that is in the steps.
"""
