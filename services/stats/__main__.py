"""`python -m services.stats api | relay | worker counting | worker archive | loop compact | recount`."""

from __future__ import annotations

import sys

from services.stats.app import SERVICE
from services.stats.recount.command import run
from shared.roles import main

if __name__ == "__main__":
    if sys.argv[1:2] == ["recount"]:
        sys.exit(run(sys.argv[2:]))
    main(SERVICE)
