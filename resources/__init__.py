"""Icons, fonts and the sample history, shipped with the program."""
