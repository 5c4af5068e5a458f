"""The pages of a set by name: `tuned/bad/003`. The name says everything; nothing else is kept."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from PIL import Image

from tests.pages import fonts
from tests.pages.damage import Damage, damaged
from tests.pages.drawing import A5
from tests.pages.grammar import grammar
from tests.pages.layouts import LAYOUTS, Drawn, Style, french, prose, verse

SetName = Literal["tuned", "held_out"]
SETS = Path(__file__).with_name("sets.yaml")
SPREAD = "spread"
STRIP = (A5[0], A5[1] // 2)


@dataclass(frozen=True)
class Page:
    """image: grey or RGB at damage.dpi; texts: what it says, in each right order of its blocks."""

    name: str
    kind: str
    layout: str
    font: str
    points: float
    damage: Damage
    image: Image.Image
    texts: tuple[str, ...]

    @property
    def fingerprint(self) -> dict[str, str]:
        """SHA-256 of the pixels and of the text."""
        pixels = hashlib.sha256(f"{self.image.mode} {self.image.size} ".encode() + self.image.tobytes()).hexdigest()
        return {"pixels": pixels, "text": hashlib.sha256("\f".join(self.texts).encode()).hexdigest()}

    def save(self, path: Path) -> Path:
        """A PNG that states its resolution."""
        self.image.save(path, dpi=(self.damage.dpi, self.damage.dpi), compress_level=1)
        return path


@cache
def described(set_name: SetName) -> dict[str, Any]:
    description: dict[str, Any] = yaml.safe_load(SETS.read_text("utf-8"))[set_name]
    return description


def kinds(set_name: SetName) -> tuple[str, ...]:
    return tuple(described(set_name)["kinds"])


def pages(set_name: SetName, *, only: tuple[str, ...] = (), per_kind: int | None = None) -> Iterator[Page]:
    """All pages of the set, kind by kind; `only` these kinds, at most `per_kind` of each."""
    count = per_kind or described(set_name)["pages_per_kind"]
    for kind in only or kinds(set_name):
        for number in range(count):
            yield page(set_name, kind, number)


def page(set_name: SetName, kind: str, number: int) -> Page:
    """Page `number` (from 0) of a kind. Numbers beyond pages_per_kind are further pages of the same make."""
    description, chance = described(set_name), chance_of(set_name, kind, number)
    layout = description["layouts"][number % len(description["layouts"])]
    style, font, points = style_of(description, chance)
    spread = kind == SPREAD
    drawn = draw_spread(set_name, style, chance) if spread else LAYOUTS[layout](grammar(set_name), style, chance)
    strength = drawn_damage(description, kind, chance)
    back = prose(grammar(set_name), style, chance).image if strength.bleed else drawn.image
    image = damaged(drawn.image, back, strength, chance.getrandbits(32))
    name = f"{set_name}/{kind}/{number:03}"
    return Page(name, kind, SPREAD if spread else layout, font, points, strength, image, drawn.texts)


def strip(set_name: SetName, kind: str, number: int, *, harsh: bool) -> Page:
    """The top of a page of prose, cheap enough to read by the thousand; harsh: damaged beyond what can be read."""
    description, chance = described(set_name), chance_of(set_name, f"strip-{kind}-{harsh}", number)
    style, font, points = style_of(description, chance)
    drawn = draw_strip(set_name, style, chance)
    strength = drawn_damage(description, kind, chance, family="harsh" if harsh else "kinds")
    back = draw_strip(set_name, style, chance).image
    image = damaged(drawn.image, back, strength, chance.getrandbits(32))
    name = f"{set_name}/{'harsh-' if harsh else ''}{kind}-strip/{number:03}"
    return Page(name, kind, "strip", font, points, strength, image, drawn.texts)


def draw_strip(set_name: SetName, style: Style, chance: random.Random) -> Drawn:
    return chance.choice([prose, prose, french, verse])(grammar(set_name), style, chance, STRIP)


def wordless(set_name: SetName, number: int) -> Page:
    """A strip that says nothing: an empty sheet, or every second time a picture, worn like the others."""
    description, chance = described(set_name), chance_of(set_name, "wordless", number)
    sheet = Image.new("L", STRIP, 255)
    if number % 2:
        picture = Image.effect_mandelbrot((STRIP[0] // 2, STRIP[1] // 2), drawn_window(chance), chance.randint(20, 90))
        sheet.paste(picture, (chance.randint(0, STRIP[0] // 2), chance.randint(0, STRIP[1] // 2)))
    kind = chance.choice([*description["harsh"], *description["harsh"], "scan"])
    strength = drawn_damage(description, kind, chance, family="kinds" if kind == "scan" else "harsh")
    image = damaged(sheet, sheet, strength, chance.getrandbits(32))
    return Page(f"{set_name}/wordless/{number:03}", kind, "wordless", "", 0, strength, image, ("",))


def drawn_window(chance: random.Random) -> tuple[float, float, float, float]:
    """A window onto the Mandelbrot set: a picture with fine detail that is the same everywhere."""
    x, y, size = chance.uniform(-2, 0.3), chance.uniform(-1, 0.9), chance.uniform(0.05, 1.5)
    return x, y, x + size, y + size


def draw_spread(set_name: SetName, style: Style, chance: random.Random) -> Drawn:
    """Two pages of an open book; the left one is read first."""
    left, right = (prose(grammar(set_name), style, chance) for _ in range(2))
    both = Image.new("L", (left.image.width * 2, left.image.height), 255)
    both.paste(left.image, (0, 0))
    both.paste(right.image, (left.image.width, 0))
    return Drawn(both, ("\n\n".join([*left.texts, *right.texts]),))


def chance_of(set_name: SetName, kind: str, number: int) -> random.Random:
    return random.Random(f"{described(set_name)['seed']}/{kind}/{number}")


def style_of(description: dict[str, Any], chance: random.Random) -> tuple[Style, str, float]:
    files, points = chance.choice(description["fonts"]), chance.choice(description["points"])
    style = Style(
        face=fonts.face(*files, points),
        margin=chance.choice(description["margins"]),
        spacing=chance.choice(description["spacing"]),
        justified=chance.random() < 0.5,
        running_head=chance.random() < 0.5,
    )
    return style, Path(files[0]).stem, points


def drawn_damage(description: dict[str, Any], kind: str, chance: random.Random, *, family: str = "kinds") -> Damage:
    own = description[family][kind]
    ranges = own if kind == "clean" else {**description["kinds"]["scan"], **own}
    strengths: dict[str, Any] = {name: drawn_strength(name, span, chance) for name, span in ranges.items()}
    return Damage(**strengths)


def drawn_strength(name: str, span: list[Any], chance: random.Random) -> tuple[int, ...] | int | float:
    if name == "paper":
        return tuple(span)
    low, high = span
    return chance.randint(low, high) if isinstance(low, int) else round(chance.uniform(low, high), 3)
