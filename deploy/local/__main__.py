"""python -m deploy.local up|down|status|engines: the whole platform on one machine."""

import argparse
import os
import sys

from deploy.local import stack
from deploy.local.messages import StackError, say
from deploy.local.settings import StackSettings

READY_SECONDS = 300


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    starter = commands.add_parser("up", help="start everything and wait until it is ready")
    starter.add_argument("--deadline", type=float, default=READY_SECONDS, metavar="SECONDS")
    commands.add_parser("down", help="stop what up started")
    commands.add_parser("status", help="show every process")
    commands.add_parser("engines", help="start broker, MongoDB and mail server only")
    arguments = parser.parse_args()
    try:
        return run(arguments)
    except StackError as error:
        say(error.key, detail=error.detail, **error.facts)
        return 1
    except KeyboardInterrupt:
        return 130


def run(arguments: argparse.Namespace) -> int:
    settings = StackSettings.from_environment(os.environ)
    match arguments.command:
        case "up":
            stack.up(settings, seconds=arguments.deadline)
        case "engines":
            stack.engines(settings)
        case "down":
            stack.down(settings)
        case _:
            return 0 if stack.status(settings) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
