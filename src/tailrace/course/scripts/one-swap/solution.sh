tailrace learn check --answer shadow=$(({{rows}} + {{changed}} + {{born}})) --answer exact=$(({{changed}} + {{born}})) --answer swap=nothing --answer after='new columns' --answer total={{late}}
