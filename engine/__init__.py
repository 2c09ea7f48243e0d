"""Chronosphere: the storage engine, usable as a library by itself."""
