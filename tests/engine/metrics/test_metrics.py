"""Latency histograms and counts of questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics import OTHER, CacheCounter, Histogram, Metrics
from engine.metrics.histogram import BUCKETS, bucket_of, lower_bound
from engine.metrics.queries import PREFIXES, bounded, by_kind, merge

SECONDS = st.floats(2**-20, 4000)


@given(SECONDS)
def test_a_duration_lies_in_its_bucket_which_is_narrow(seconds: float) -> None:
    bucket = bucket_of(seconds)
    assert lower_bound(bucket) <= seconds < lower_bound(bucket + 1)
    assert lower_bound(bucket + 1) / lower_bound(bucket) <= 1.125


@pytest.mark.parametrize(("seconds", "bucket"), [(-1.0, 0), (0.0, 0), (-5e9, 0), (1e-12, 0), (1e9, BUCKETS - 1)])
def test_what_is_out_of_range_counts_at_its_end(seconds: float, bucket: int) -> None:
    assert bucket_of(seconds) == bucket


@given(st.lists(SECONDS, min_size=1, max_size=200), st.floats(0, 1))
def test_percentiles_are_near_the_exact_ones(durations: list[float], share: float) -> None:
    histogram = Histogram()
    for seconds in durations:
        histogram.add(seconds)
    found = histogram.percentile(share)
    assert found is not None
    # The exact one is a rank between two durations; the histogram may be off by the width of a bucket at either.
    exact = sorted(durations)
    low = exact[max(0, int(share * len(exact)) - 1)]
    high = exact[min(len(exact) - 1, int(share * len(exact)))]
    assert low / 1.13 <= found <= high * 1.13


def test_no_durations_have_no_percentile() -> None:
    assert Histogram().percentile(0.5) is None


@given(st.lists(SECONDS), st.lists(SECONDS))
def test_two_processes_add_up(ours: list[float], theirs: list[float]) -> None:
    one, other, both = Histogram(), Histogram(), Histogram()
    for histogram, durations in ((one, ours), (other, theirs), (both, ours + theirs)):
        for seconds in durations:
            histogram.add(seconds)
    one.merge(Histogram(other.pairs()))
    assert one.pairs() == both.pairs()
    assert one.count == len(ours) + len(theirs)


def test_what_is_taken_is_counted_again_only_if_it_is_given_back() -> None:
    metrics = Metrics()
    metrics.record("state", "$.a", 0.001)
    taken = metrics.take()
    assert metrics.fresh() == {}
    metrics.record("state", "$.a", 0.001)
    metrics.give_back(taken)
    assert metrics.fresh()["state", "$.a"].count == 2


def test_only_what_ends_well_is_counted() -> None:
    metrics = Metrics()
    with metrics.timing("diff"):
        pass
    with pytest.raises(ValueError, match="no"), metrics.timing("diff"):
        raise ValueError("no")
    assert metrics.fresh()["diff", ""].count == 1


def test_items_are_one_answer_also_when_the_caller_stops_early() -> None:
    metrics = Metrics()
    assert list(metrics.each("history", "$.a", iter(range(5)))) == [0, 1, 2, 3, 4]
    stopped = metrics.each("history", "$.a", iter(range(5)))
    assert next(stopped) == 0
    stopped.close()  # type: ignore[attr-defined]
    assert metrics.fresh()["history", "$.a"].count == 2


def test_however_much_is_asked_the_histograms_are_few_and_nothing_is_lost() -> None:
    metrics = Metrics()
    for number in range(3 * PREFIXES):
        metrics.record("state", f"$.entity{number}", 0.001)
    found = metrics.fresh()
    assert len(found) == PREFIXES + 1
    assert found["state", OTHER].count == 2 * PREFIXES
    merge(found, {("diff", f"$.{n}"): Histogram([(9, 1)]) for n in range(PREFIXES)})
    kept = bounded(found)
    assert len(kept) <= PREFIXES + 2
    assert {kind: histogram.count for kind, histogram in by_kind(kept).items()} == {
        "diff": PREFIXES,
        "state": 3 * PREFIXES,
    }


def test_counters_add_up() -> None:
    counter = CacheCounter(hits=1, misses=2, evictions=3, decoded=4, bytes=5)
    counter.add(CacheCounter(hits=10, bytes=50))
    assert counter == CacheCounter(11, 2, 3, 4, 55)
    assert counter.less(CacheCounter(1, 2, 3, 4, 5)) == CacheCounter(hits=10, bytes=50)
