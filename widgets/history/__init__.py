"""The History view: the values of a path, or of many, over time."""
