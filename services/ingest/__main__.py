"""`python -m services.ingest api | relay | worker steps | loop intake | loop malware | loop expiry | rescan`."""

from __future__ import annotations

import sys

from services.ingest.app import SERVICE
from services.ingest.malware.command import run
from shared.roles import main

if __name__ == "__main__":
    if sys.argv[1:2] == ["rescan"]:
        sys.exit(run(sys.argv[2:]))
    main(SERVICE)
