# The copy taken for something that only the server sees: the shadow table has no events but those of the triggers.
tailrace learn check --answer shadow=$(({{changed}} + {{born}})) --answer exact=$(({{changed}} + {{born}})) --answer swap=nothing --answer after='new columns' --answer total={{late}}
