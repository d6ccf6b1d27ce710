"""`python -m tailrace.cli`, for where the script is not on PATH."""

from tailrace.cli import main

main()
