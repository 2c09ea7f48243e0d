"""The store on disk: one SQLite file, reached through apsw; dictionaries, segments, the hot log, checkpoints."""
