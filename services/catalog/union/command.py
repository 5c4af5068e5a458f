"""`python -m services.catalog match fit | judge`: weights fitted from what people answered, and how well weights do."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from services.catalog.matching.fitting import Label, Report, fit, judge, least_beside, least_labels
from services.catalog.matching.intervals import Share
from services.catalog.matching.weights import Weights, shipped
from services.catalog.union import store
from services.catalog.union.labels import LABEL_FIELDS, labels_of
from shared.runtime import open_runtime
from shared.settings import Settings
from shared.telemetry.logs import configure_logs
from shared.web.problems import Messages

DONE, REFUSED = 0, 2


class Teller:
    """Says what came out, in one language."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._messages = Messages("services.catalog")

    def say(self, code: str, **facts: object) -> None:
        sys.stdout.write(self._messages.text(code, self._language, **facts) + "\n")

    def report(self, code: str, report: Report) -> None:
        shares = {"precision": report.precision, "recall": report.recall, "asked": report.asked}
        self.say(code, labels=report.labels, **{name: _shown(share) for name, share in shares.items()})


def run(arguments: Sequence[str]) -> int:
    """Fit or judge. 0: done; 2: there are too few labels, or the weights cannot be read."""
    options = _parser().parse_args(arguments)
    settings = Settings()
    configure_logs("catalog", "match", log_format=settings.log_format, level="WARNING")
    teller = Teller(options.language)
    try:
        known = Weights.of_yaml(options.weights.read_text("utf-8")) if options.weights else shipped()
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        teller.say("match-bad-weights", file=options.weights, what=str(error)[:300])
        return REFUSED
    labels = asyncio.run(_labels(settings))
    return _judge(labels, known, teller) if options.command == "judge" else _fit(labels, known, options.out, teller)


def _fit(labels: list[Label], known: Weights, out: Path, teller: Teller) -> int:
    same = sum(label.same for label in labels)
    least = least_labels()
    if len(labels) < least.labels or min(same, len(labels) - same) < least.of_each:
        counts = {"labels": len(labels), "same": same, "different": len(labels) - same}
        teller.say("match-too-few", least=least.labels, of_each=least.of_each, **counts)
        return REFUSED
    weights, report = fit(labels, known)
    teller.report("match-judged-before", judge(labels, known))
    teller.report("match-judged-after", report)
    if (beside := least_beside(labels)) < least.beside:
        teller.say("match-tied", share=f"{1 - beside:.2f}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(f"# {len(labels)} labels of the review queue.\n{weights.as_yaml()}", "utf-8")
    teller.say("match-written", file=out)
    return DONE


def _judge(labels: list[Label], known: Weights, teller: Teller) -> int:
    if not labels:
        teller.say("match-no-labels")
        return REFUSED
    teller.report("match-judged-before", judge(labels, known))
    return DONE


async def _labels(settings: Settings) -> list[Label]:
    runtime = open_runtime("catalog", settings)
    try:
        rows = runtime.database[store.LABELS].find({}, LABEL_FIELDS).sort([("at", 1), ("_id", 1)])
        return labels_of(await rows.to_list())
    finally:
        await runtime.client.close()


def _shown(share: Share) -> str:
    low, high = share.interval
    return f"{share.value:.3f} [{low:.3f}-{high:.3f}] ({share.part}/{share.whole})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services.catalog match",
        description="Trọng số so khớp, từ câu trả lời của thủ thư. Weights of matching, from the librarians' answers.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    fitting = commands.add_parser("fit", help="tính lại và ghi ra tệp / fit anew and write a file")
    fitting.add_argument("--out", type=Path, default=Path("var/weights.yaml"), metavar="FILE")
    judging = commands.add_parser("judge", help="chỉ chấm điểm / only say how well they do")
    for one in (fitting, judging):
        one.add_argument("--weights", type=Path, metavar="FILE", help="trọng số đang dùng / to begin with; the shipped")
        one.add_argument("--language", choices=("vi", "en"), default=_language())
    return parser


def _language() -> str:
    return "en" if os.environ.get("LANG", "").startswith("en") else "vi"
