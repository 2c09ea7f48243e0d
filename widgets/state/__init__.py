"""The State view: the tree of the state at the selected moment."""
