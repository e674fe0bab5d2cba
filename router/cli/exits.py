"""Exit codes, the same for every command."""

from __future__ import annotations

__all__ = ["EXIT_CANNOT", "EXIT_CODES_HELP", "EXIT_FINDINGS", "EXIT_INTERRUPTED", "EXIT_OK", "CannotRunError"]

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_CANNOT = 2
EXIT_INTERRUPTED = 130  # what a shell reports for a program that SIGINT ended

EXIT_CODES_HELP = "exit codes: 0 all is well, 1 something was found or refused, 2 the command could not do its work"


class CannotRunError(Exception):
    """The command cannot do its work; the text is one line for the user, without the program's name."""
