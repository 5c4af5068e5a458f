"""`python -m services.ocr api | relay | worker documents | worker reading | worker editions`

`python -m services.ocr read FILE… --out DIR` reads files without any service running.
`python -m services.ocr reread (--document ID | --library ID | --engine-older-than VERSION)` has pages read again.
"""

import sys

from services.ocr.app import SERVICE
from services.ocr.documents import rereading
from services.ocr.oneoff import command
from shared.roles import main

COMMANDS = {"read": command.run, "reread": rereading.run}

if __name__ == "__main__":
    name, *rest = sys.argv[1:] or [""]
    if name in COMMANDS:
        sys.exit(COMMANDS[name](rest))
    main(SERVICE)
