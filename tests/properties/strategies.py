"""Odd values and states, small enough to collide often."""

from hypothesis import strategies as st

from engine.model.encoding import _PAIR

# Names that need quoting, names that look like something else, and plain ones that come up again and again.
NAMES = ["a", "b", "c", "id", "name", "", "0", "é", "a b", "$bytes", 'q"', "b\\", "x]", "😀", "\ud800", "\n", "\u2028"]
CHARACTERS = "ab \"\\'/~\n\0é😀\ud83d\udc00\uffff]"

strings = st.one_of(st.sampled_from(NAMES), st.text(st.sampled_from(CHARACTERS), max_size=6)).filter(
    lambda text: not _PAIR.search(text)
)
floats = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 1.5, 1e16, 1e300, 5e-324, -1e-7, 0.1 + 0.2]),
    st.floats(allow_nan=False, allow_infinity=False),
)
integers = st.one_of(
    st.integers(-2, 2), st.sampled_from([2**31, 2**53 + 1, -(2**63), 10**40, 127, 128, -128, -129]), st.integers()
)
scalars = st.one_of(st.none(), st.booleans(), integers, floats, strings, st.binary(max_size=4))
keys = st.one_of(st.sampled_from(["x", "x", "y", 1, 1.0, "1", True, None]), strings)


def records(values: st.SearchStrategy[object]) -> st.SearchStrategy[list[dict[str, object]]]:
    """Lists of records with an identity, where keys repeat, are missing, and have all types."""
    record = st.fixed_dictionaries({}, optional={"id": keys, "name": keys, "v": values})
    return st.lists(record, max_size=4)


values = st.recursive(
    scalars,
    lambda deeper: st.one_of(
        st.lists(deeper, max_size=3),
        st.dictionaries(strings, deeper, max_size=3),
        records(deeper),
    ),
    max_leaves=8,
)
record = st.fixed_dictionaries({"id": keys}, optional={"name": keys, "v": scalars})
# What a put mostly brings, so that there is something to work on.
rich = st.one_of(st.lists(record, min_size=1, max_size=4), st.lists(values, min_size=1, max_size=4), record, values)
# What JSON can say: no bytes.
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), integers, floats, strings),
    lambda deeper: st.one_of(st.lists(deeper, max_size=3), st.dictionaries(strings, deeper, max_size=3)),
    max_leaves=8,
)
times = st.one_of(st.integers(0, 6).map(lambda hour: hour * 3_600_000_000), st.integers(-(10**15), 10**15))
