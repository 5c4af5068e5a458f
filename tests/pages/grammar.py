"""Text from a small grammar: symbols are chosen at random and their `{slots}` filled by other symbols."""

import random
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TEXTS = Path(__file__).with_name("texts")
SLOT = re.compile(r"{(\w+)}")
SPAN = re.compile(r"(\d+)\.\.(\d+)")


class Grammar:
    """symbols: alternatives by name, or `low..high` for a number; parts: what tables and forms are made of."""

    def __init__(self, symbols: dict[str, list[str] | str], parts: dict[str, Any]) -> None:
        self.symbols = symbols
        self.parts = parts

    def say(self, symbol: str, chance: random.Random) -> str:
        """One sentence, name or number of this symbol, beginning with a capital if it is a sentence."""
        said = self._choose(symbol, chance)
        return said[0].upper() + said[1:] if symbol in {"sentence", "title", "article"} else said

    def fill(self, template: str, chance: random.Random) -> str:
        return SLOT.sub(lambda slot: self._choose(slot[1], chance), template)

    def _choose(self, symbol: str, chance: random.Random) -> str:
        choices = self.symbols[symbol]
        if isinstance(choices, str) and (span := SPAN.fullmatch(choices)):
            return str(chance.randint(int(span[1]), int(span[2])))
        return self.fill(chance.choice(choices), chance)

    def paragraph(self, symbol: str, sentences: int, chance: random.Random) -> str:
        return " ".join(self.say(symbol, chance) for _ in range(sentences))


@cache
def grammar(set_name: str) -> Grammar:
    parts: dict[str, Any] = yaml.safe_load((TEXTS / f"{set_name}.yaml").read_text("utf-8"))
    return Grammar(parts.pop("symbols"), parts)
