"""How much is tried, and from which seed: a failure prints `REFACTORY_SEED=…`, which replays it."""

import os
import random

import pytest


@pytest.fixture(params=[1, pytest.param(12, marks=pytest.mark.slow)], ids=["some", "many"])
def effort(request: pytest.FixtureRequest) -> int:
    """How many times more than in a run of the suite; ./dev soak runs the slow ones too."""
    return int(request.param)


@pytest.fixture
def chosen() -> random.Random:
    """Random choices from a seed that a failing test prints."""
    seed = int(os.environ.get("REFACTORY_SEED") or random.randrange(1 << 32))
    print(f"REFACTORY_SEED={seed}")
    return random.Random(seed)
