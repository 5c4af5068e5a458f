"""`python -m services.catalog api | relay | worker (records | union) | loop (overdue | imports | harvest) | import`."""

import sys

from services.catalog.app import SERVICE, ensure_indexes
from services.catalog.imports import command
from shared.roles import main

if __name__ == "__main__":
    if sys.argv[1:2] == ["import"]:
        sys.exit(command.run(sys.argv[2:], ensure_indexes))
    main(SERVICE)
