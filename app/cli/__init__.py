"""The command line: every command of `refactory`, with the same words as the library.

Nothing here is imported before it is needed: `--help` loads the parser alone, a command only its own module.
"""
