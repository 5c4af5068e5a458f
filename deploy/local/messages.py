"""What the stack says to a person: Vietnamese first, then English, from messages.yaml."""

from functools import cache
from pathlib import Path

import yaml
from rich.console import Console
from rich.text import Text

CATALOGUE = Path(__file__).with_name("messages.yaml")
console = Console(highlight=False)


class StackError(Exception):
    """The stack cannot do what was asked; `key` names the message that says why, `detail` goes below it."""

    def __init__(self, key: str, *, detail: str = "", **facts: object) -> None:
        super().__init__(_in_both_languages(key, facts)[1])
        self.key = key
        self.detail = detail
        self.facts = facts


def say(key: str, *, detail: str = "", **facts: object) -> None:
    """Print one message of the catalogue in both languages, and what belongs below it."""
    vietnamese, english = _in_both_languages(key, facts)
    console.print(Text(vietnamese), soft_wrap=True)
    console.print(Text(english, style="dim"), soft_wrap=True)
    if detail:
        console.print(Text(detail), soft_wrap=True)


def _in_both_languages(key: str, facts: dict[str, object]) -> tuple[str, str]:
    message = catalogue()[key]
    return message["vi"].format(**facts), message["en"].format(**facts)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All messages: key -> language (vi, en) -> text."""
    messages: dict[str, dict[str, str]] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return messages
