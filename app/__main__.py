"""`refactory`, which is `python -m app`: a command of the command line, or the window."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with these arguments (those of the process if None); returns the exit code."""
    try:
        from app.cli.program import run

        return run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        return 3


if __name__ == "__main__":
    sys.exit(main())
