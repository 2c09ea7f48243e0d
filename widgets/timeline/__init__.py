"""The timeline view: branches as lanes over a real time axis, an overview, and the linked list of rows."""
