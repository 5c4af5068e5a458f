"""`python -m services.ingest api | relay | worker steps | loop (intake | malware | expiry) | rescan | harvest`."""

from __future__ import annotations

import sys

from services.ingest.app import SERVICE, messages, open_harvest
from services.ingest.harvest import command as harvest
from services.ingest.malware import command as rescan
from shared.roles import main

if __name__ == "__main__":
    if sys.argv[1:2] == ["rescan"]:
        sys.exit(rescan.run(sys.argv[2:]))
    if sys.argv[1:2] == ["harvest"]:
        sys.exit(harvest.run(sys.argv[2:], open_harvest, messages()))
    main(SERVICE)
