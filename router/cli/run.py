"""placeholder"""

from router.cli.options import Commands


def add(commands: Commands) -> None:
    pass
