"""python -m deploy.local up|demo|down|status|engines: the whole platform on one machine."""

import argparse
import os
import sys

import httpx

from deploy.local import stack
from deploy.local.demo.doors import TooLate
from deploy.local.demo.story import tell_story
from deploy.local.messages import StackError, say
from deploy.local.settings import StackSettings

READY_SECONDS = 300


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    starter = commands.add_parser("up", help="start everything and wait until it is ready")
    starter.add_argument("--deadline", type=float, default=READY_SECONDS, metavar="SECONDS")
    commands.add_parser("demo", help="start everything, play the story, leave it running")
    commands.add_parser("down", help="stop what up started")
    commands.add_parser("status", help="show every process")
    commands.add_parser("engines", help="start broker, MongoDB and mail server only")
    arguments = parser.parse_args()
    try:
        return run(arguments)
    except StackError as error:
        say(error.key, detail=error.detail, **error.facts)
        return 1
    except (TooLate, httpx.HTTPError) as error:
        say("demo_failed", why=error, logs=StackSettings().var / "log")
        return 1
    except KeyboardInterrupt:
        return 130


def run(arguments: argparse.Namespace) -> int:
    settings = StackSettings.from_environment(os.environ)
    match arguments.command:
        case "up":
            stack.up(settings, seconds=arguments.deadline)
        case "demo":
            stack.up(settings, seconds=READY_SECONDS)
            tell_story(settings.var / "stack.json", settings.var / "samples")
        case "engines":
            stack.engines(settings)
        case "down":
            stack.down(settings)
        case _:
            return 0 if stack.status(settings) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
