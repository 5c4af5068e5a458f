"""`python -m tests.editions freeze` writes frozen.json, `... write SET FILE` an ISO 2709 file, `... fit` weights.yaml.

`fit` fits the weights that the product ships from the sets that have been looked at, and prints how well they do by
cross-validation, pair by pair: what is presumed is not in it, nor what a third description would hold back.
"""

import argparse
import json
from pathlib import Path

from services.catalog.identity import describe
from services.catalog.matching.fitting import Label, fit
from services.catalog.matching.weights import FITTED, Weights
from tests.editions.sets import SETS, descriptions, fingerprint, pairs

FROZEN = Path(__file__).with_name("frozen.json")


LOOKED_AT = ("tuned", "held_out", "unseen", "sealed")
"""The sets to learn from: what they could tell of unseen records is spent."""

KNOWN = Weights(base=0.0, shares={"other_ids": {"same": 5.0}, "issn": {"same": 4.0}}, merge=0.7, review=0.3)
"""What the sets say nothing of: hardly any library here gives these numbers. The thresholds were chosen on them: the
rules hold back what is doubtful, so that from 0.7 on no more is wrong than from 0.9; hardly a true pair lies below 0.3.
"""
PULL = 0.1


def refit() -> None:
    described = {each.id: describe(each.record) for which in LOOKED_AT for each in descriptions(which)}
    labels = [
        Label(described[pair.left.id], described[pair.right.id], pair.same, pair.left.family)
        for which in LOOKED_AT
        for pair in pairs(which)
    ]
    weights, report = fit(labels, KNOWN, PULL)
    low, high = report.precision.interval
    said = (
        f"{report.labels} pairs of tests/editions, sets {', '.join(LOOKED_AT)}; by cross-validation: precision "
        f"{report.precision.value:.4f} ({low:.4f}-{high:.4f}), recall {report.recall.value:.4f}, "
        f"asked {report.asked.value:.4f}"
    )
    FITTED.write_text(f"# Fitted by `python -m tests.editions fit`: {said}.\n{weights.as_yaml()}", "utf-8")
    print(said)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.editions", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("freeze")
    writing = commands.add_parser("write")
    writing.add_argument("set", choices=SETS)
    writing.add_argument("file", type=Path)
    commands.add_parser("fit")
    options = parser.parse_args()
    if options.command == "fit":
        refit()
    elif options.command == "freeze":
        FROZEN.write_text(json.dumps({which: fingerprint(which) for which in SETS}, indent=2) + "\n", "utf-8")
    else:
        options.file.write_bytes(b"".join(each.record.as_marc() for each in descriptions(options.set)))


if __name__ == "__main__":
    main()
