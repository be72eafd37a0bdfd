"""`python -m ptcrm` is the `ptcrm` command."""

from ptcrm.cli import main

main()
