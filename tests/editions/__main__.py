"""`python -m tests.editions freeze` writes frozen.json; `python -m tests.editions write SET FILE` an ISO 2709 file."""

import argparse
import json
from pathlib import Path

from tests.editions.sets import SETS, descriptions, fingerprint

FROZEN = Path(__file__).with_name("frozen.json")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.editions", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("freeze")
    writing = commands.add_parser("write")
    writing.add_argument("set", choices=SETS)
    writing.add_argument("file", type=Path)
    options = parser.parse_args()
    if options.command == "freeze":
        FROZEN.write_text(json.dumps({which: fingerprint(which) for which in SETS}, indent=2) + "\n", "utf-8")
    else:
        options.file.write_bytes(b"".join(each.record.as_marc() for each in descriptions(options.set)))


if __name__ == "__main__":
    main()
