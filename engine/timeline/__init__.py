"""The DAG of transactions, timelines and tags, moments, states, diffs, history, commits, and the operation log."""
