"""The `router` command: one file per command, each only arguments, printing and exit codes.

`main` builds the parser, hands the arguments to one command and turns what can go wrong into one line on stderr and an exit code. Commands
import the rooms they need when they run, never before, so that `router --help` and shell completion stay quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from router.cli.exits import EXIT_CANNOT, EXIT_INTERRUPTED, CannotRunError
from router.cli.printing import complain
from router.cli.program import build_parser

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    `argv` defaults to the process's arguments. Wrong usage ends with 2, as argparse does it, but by return value. Nothing but a bug
    leaves this function as an exception.
    """
    try:
        arguments = build_parser().parse_args(argv)
        code: int = arguments.command(arguments)
        sys.stdout.flush()
        if argv is None and getattr(arguments, "ends_at_once", False):
            # Nothing is left to do but to take a million objects apart one by one, which takes a tenth of the time of a large check.
            sys.stderr.flush()
            os._exit(code)
        return code
    except SystemExit as ending:  # argparse: --help is 0, wrong usage is 2
        return ending.code if isinstance(ending.code, int) else EXIT_CANNOT
    except CannotRunError as error:
        complain(str(error))
        return EXIT_CANNOT
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`router deliveries | head`); what Python still wants to flush goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
