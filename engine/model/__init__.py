"""Values, paths, operations, transactions, clocks: the vocabulary of the engine, without storage."""
