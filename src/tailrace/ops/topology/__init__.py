"""Which servers there are around those that connectors read, who follows whom, and which GTIDs each has.

`read` asks, `gtids` compares.
"""
