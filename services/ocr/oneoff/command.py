"""`python -m services.ocr read FILE… --out DIR`: its words, its progress bar, its exit code."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from services.ocr.editions.binding import Press
from services.ocr.oneoff.reading import FileOutcome, Told, Workshop, read_file
from services.ocr.reading.engine import ModelMissing
from services.ocr.reading.pool import ReadingPool
from services.ocr.settings import OcrSettings
from shared.imaging.enclosure import Enclosure
from shared.imaging.faults import DocumentFault, Language
from shared.imaging.inspection import sniff_and_inspect
from shared.imaging.shapes import Limits
from shared.web.problems import Messages

ALL_WELL, CANNOT_START, SOME_FAILED = 0, 2, 3
"""Exit codes; 1 is what Python says where it crashed."""
INSPECTION_SECONDS = 60
FILES_PER_WORKER = 2


class Reporter:
    """Tells a person, in one language, what is going on."""

    def __init__(self, language: Language) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.language = language
        self._messages = Messages("services.ocr")

    def text(self, reason: str, **facts: object) -> str:
        return self._messages.text(reason, self.language, **facts)

    def tell(self, outcome: FileOutcome) -> None:
        for page in outcome.failed:
            why = self._why(page.fault) if page.fault else ""
            self.line(self.text("read-page-failed", file=outcome.path, page=page.number, why=why), "yellow")
        if outcome.fault:
            self.line(self.text("read-failed", file=outcome.path, why=self._why(outcome.fault)), "red")
            return
        facts = {"file": outcome.path, "pages": outcome.pages, "seconds": outcome.seconds}
        advice = self.text(f"decision-{outcome.decision}")
        said = self.text("read-done", expected=f"{100 * outcome.expected_cer:.1f}", advice=advice, **facts)
        self.line(said, "green" if outcome.good else "yellow")

    def _why(self, fault: DocumentFault | OSError) -> str:
        return fault.explain(self.language) if isinstance(fault, DocumentFault) else str(fault)

    def line(self, text: str, style: str) -> None:
        self.console.print(text, style=style, markup=False, soft_wrap=True)


def run(arguments: Sequence[str]) -> int:
    """Read the files that a command line names. 0: all went well, 2: nothing could begin, 3: not all."""
    options = _parser().parse_args(arguments)
    reporter = Reporter(options.language)
    missing = [path for path in options.files if not path.is_file()]
    for path in missing:
        reporter.line(reporter.text("read-no-file", file=path), "red")
    files = [path for path in options.files if path not in missing]
    try:
        outcomes = asyncio.run(_read_all(files, options.out, options.jobs, reporter)) if files else []
    except ModelMissing as error:
        reporter.line(str(error), "red")
        return CANNOT_START
    good = [outcome for outcome in outcomes if outcome.good]
    reporter.line(reporter.text("read-summary", good=len(good), files=len(options.files), out=options.out), "bold")
    return ALL_WELL if len(good) == len(options.files) else SOME_FAILED


async def _read_all(files: Sequence[Path], out: Path, jobs: int, reporter: Reporter) -> list[FileOutcome]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(*columns, TimeRemainingColumn(), console=reporter.console))
        bar = progress.add_task(reporter.text("read-progress"), total=0)

        def more(pages: int) -> None:
            progress.update(bar, total=(progress.tasks[bar].total or 0) + pages)

        workshop = _workshop(jobs, Told(pages=more, page_done=lambda: progress.advance(bar)), stack)

        async def read(path: Path, folder: Path) -> FileOutcome:
            outcome = await read_file(path, folder, workshop)
            reporter.tell(outcome)
            return outcome

        named = zip(files, folders(files, out), strict=True)
        return await asyncio.gather(*(read(path, folder) for path, folder in named))


def _workshop(jobs: int, told: Told, stack: ExitStack) -> Workshop:
    settings = OcrSettings()
    pool = ReadingPool(
        workers=jobs, seconds_per_page=settings.seconds_per_page, memory_bytes=settings.memory_bytes_per_page
    )
    stack.callback(pool.close)
    press = Press(seconds=settings.seconds_per_part, memory_bytes=settings.memory_bytes_per_part)
    stack.callback(press.close)
    inspecting = Enclosure(
        loads=sniff_and_inspect,
        workers=1,
        seconds=INSPECTION_SECONDS,
        memory_bytes=settings.memory_bytes_per_page,
    )
    stack.callback(inspecting.close)
    return Workshop(
        inspecting=inspecting,
        pool=pool,
        press=press,
        files_at_once=asyncio.Semaphore(FILES_PER_WORKER * jobs),
        pages_at_once=asyncio.Semaphore(FILES_PER_WORKER * jobs),
        limits=Limits(),
        told=told,
    )


def folders(files: Sequence[Path], out: Path) -> list[Path]:
    """A folder for each file, by its name; the second of the same name gets a number."""
    taken: dict[str, int] = {}
    for path in files:
        taken[path.name] = taken.get(path.name, 0)
    named = []
    for path in files:
        taken[path.name] += 1
        named.append(out / (path.name if taken[path.name] == 1 else f"{path.name}-{taken[path.name]}"))
    return named


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services.ocr read",
        description="Đọc tệp thành văn bản, hOCR, ALTO, PDF/A và trust.json. "
        "Read files into text, hOCR, ALTO, PDF/A and trust.json.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="PDF, TIFF, JPEG, PNG")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="thư mục kết quả / where results go")
    parser.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, help="số tiến trình / processes")
    parser.add_argument("--language", choices=("vi", "en"), default=_language(), help="ngôn ngữ / language of messages")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(text)
    return value


def _language() -> Language:
    return "en" if os.environ.get("LANG", "").startswith("en") else "vi"
