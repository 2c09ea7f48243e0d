"""The timeline: lanes over time, a minimap, and the same graph as a list of rows."""
