"""Write the contracts' documents, or check what changed since the last ones.

`python -m shared.events docs`, `python -m shared.events check [--against REVISION]`.
"""

from __future__ import annotations

import argparse
import sys
from itertools import groupby
from pathlib import Path

from shared.events import CONTRACTS
from shared.events.reference import ROOT, SCHEMAS, outdated, write_documents
from shared.events.reference.changes import changes, schemas_of_revision, schemas_on_disk
from shared.events.reference.consistency import contradictions
from shared.events.reference.schemas import event_schemas
from shared.events.topics import topics


def docs(root: Path = ROOT) -> int:
    """Write the documents; 1, and nothing written, where the contracts contradict each other."""
    contradicting = contradictions(topics(), CONTRACTS)
    for sentence in contradicting:
        print(f"contradiction  {sentence}")
    if not contradicting:
        write_documents(root)
    return 1 if contradicting else 0


def check(against: str | None, root: Path = ROOT) -> int:
    """Say what changed, what contradicts and what is out of date; 1 where a person must act, else 0."""
    old = schemas_of_revision(root, against, SCHEMAS) if against else schemas_on_disk(root / SCHEMAS)
    changed = changes(old, event_schemas())
    contradicting = contradictions(topics(), CONTRACTS)
    stale = outdated(root)
    for order, together in groupby(changed, key=lambda change: change.order):
        print(*together, f"            {order}", sep="\n")
    for sentence in contradicting:
        print(f"contradiction  {sentence}")
    for path in stale:
        print(f"out of date  {path}: run python -m shared.events docs")
    if contradicting or stale or any(change.difference.breaking for change in changed):
        return 1
    print(f"{len(old)} contracts compared: nothing breaks, everything is up to date")
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m shared.events", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("docs", help="write docs/contracts from the models and the topic table")
    checking = commands.add_parser("check", help="name what changed, what breaks, and who rolls out first")
    checking.add_argument("--against", metavar="REVISION", help="compare with a git revision, not the files on disk")
    options = parser.parse_args(arguments)
    if options.command == "check":
        try:
            return check(options.against)
        except LookupError as error:
            parser.error(str(error))
    return docs()


if __name__ == "__main__":
    sys.exit(main())
