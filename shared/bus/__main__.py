"""The bus's command line: `python -m shared.bus topics|dead-letters|auditor`."""

from __future__ import annotations

import argparse
import asyncio
import sys

from shared.bus.dead_letters import DeadLetters, open_dead_letters
from shared.bus.topic_admin import TopicAdmin, connect_admin
from shared.settings import Settings


def main() -> int:
    arguments = _parser().parse_args()
    settings = Settings()
    if arguments.command == "topics":
        return _topics(arguments.action, settings)
    if arguments.command == "auditor":
        from shared.bus.auditor import run_auditor  # noqa: PLC0415 (the other commands answer in half the time without)

        return asyncio.run(run_auditor(settings))
    return _dead_letters(arguments, open_dead_letters(settings))


def _topics(action: str, settings: Settings) -> int:
    admin = TopicAdmin(connect_admin(settings.kafka_bootstrap))
    lines = admin.apply() if action == "apply" else admin.diff()
    print("\n".join(lines) or "nothing differs")
    return 1 if action == "diff" and lines else 0


def _dead_letters(arguments: argparse.Namespace, letters: DeadLetters) -> int:
    match arguments.action:
        case "list":
            print("\n".join(letters.lines(arguments.consumer)) or "no dead letters")
        case "show":
            print(letters.show(arguments.letter))
        case "replay":
            print(f"{letters.replay(arguments.letter, arguments.consumer)} to be replayed")
        case "discard":
            print(f"{letters.discard(arguments.letter, arguments.why)} discarded")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shared.bus", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    topics = commands.add_parser("topics", help="topics on the cluster against the table")
    topics.add_argument("action", choices=["apply", "diff"])
    commands.add_parser("auditor", help="watch every topic for gaps and silence")
    letters = commands.add_parser("dead-letters", help="messages that a consumer could not handle")
    actions = letters.add_subparsers(dest="action", required=True)
    actions.add_parser("list").add_argument("--consumer")
    actions.add_parser("show").add_argument("letter")
    replay = actions.add_parser("replay", help="give it to the same handler again")
    replay.add_argument("letter", help="its id, or all")
    replay.add_argument("--consumer", help="with all: only this consumer's")
    discard = actions.add_parser("discard", help="close it without handling it")
    discard.add_argument("letter")
    discard.add_argument("--why", required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
