"""The Details view: everything about the selected transaction."""
