"""Histories in and out: readers of what others keep, the import into a store, the exports."""
