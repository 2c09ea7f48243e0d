"""The Changes view: what differs between two moments, by record."""
