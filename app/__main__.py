"""`refactory`, which is `python -m app`: a command of the command line, or the window."""

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with these arguments and return the exit code; with None, those of the process, and leave it."""
    try:
        from app.cli.program import run

        code = run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        code = 3
    if arguments is None and "PySide6.QtCore" not in sys.modules:
        # Everything is written and closed. Taking the interpreter apart would cost a short command a tenth of its time.
        os._exit(code)
    return code


if __name__ == "__main__":
    sys.exit(main())
