"""Dialogs that change the store: commit edits; make, rename and delete timelines and tags."""
