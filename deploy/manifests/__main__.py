"""`python -m deploy.manifests write|check`: bring the generated files up to date, or name the stale ones."""

from __future__ import annotations

import argparse
import sys

from deploy.manifests.output import outdated, write


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.manifests", description=__doc__)
    parser.add_argument("action", choices=["write", "check"])
    if parser.parse_args().action == "write":
        for path in write():
            print(f"written      {path}")
        return 0
    stale = outdated()
    for path in stale:
        print(f"out of date  {path}: run python -m deploy.manifests write")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
