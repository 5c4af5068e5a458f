"""`python -m tests.pages freeze` writes held_out.json; `python -m tests.pages draw SET --out DIR` images and texts."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from tests.pages.sets import Page, pages

FROZEN = Path(__file__).with_name("held_out.json")


def frozen(page: Page) -> dict[str, object]:
    entry: dict[str, object] = {"layout": page.layout, "font": page.font, "points": page.points}
    return entry | {"damage": asdict(page.damage)} | page.fingerprint


def freeze() -> None:
    entries = {page.name: frozen(page) for page in pages("held_out")}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items())
    FROZEN.write_text(f"{{\n{lines}\n}}\n", "utf-8")
    print(f"{len(entries)} pages in {FROZEN}")


def draw(options: argparse.Namespace) -> None:
    for page in pages(options.set, only=tuple(options.kinds), per_kind=options.pages):
        path = options.out / f"{page.name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.save(path).with_suffix(".txt").write_text(page.texts[0], "utf-8")
        print(path)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.pages", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("freeze")
    drawing = commands.add_parser("draw")
    drawing.add_argument("set", choices=["tuned", "held_out"])
    drawing.add_argument("--out", type=Path, required=True)
    drawing.add_argument("--kinds", nargs="*", default=[])
    drawing.add_argument("--pages", type=int)
    options = parser.parse_args()
    if options.command == "freeze":
        freeze()
    else:
        draw(options)


if __name__ == "__main__":
    main()
