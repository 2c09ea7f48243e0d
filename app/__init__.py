"""The program: the window, the command line, the session, background jobs, settings."""
