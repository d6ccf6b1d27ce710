# The swap taken for a change of each row.
tailrace learn check --answer shadow=$(({{rows}} + {{changed}} + {{born}})) --answer exact=$(({{changed}} + {{born}})) --answer swap='delete and create' --answer after='new columns' --answer total=$(({{rows}} + {{born}}))
