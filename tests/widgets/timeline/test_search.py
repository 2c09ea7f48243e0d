"""Search by author, message, timeline, id."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from widgets.timeline.columns import Columns
from widgets.timeline.search import CHUNK, Search, search, words_of

from .diagram import graph, prefix

WORDS = ("ship", "order", "price", "Ana", "ben", "fire")


def texts_of(columns: Columns, messages: list[tuple[str, str]]):
    return lambda dense: [messages[n] for n in dense.tolist()]


def test_words_are_split_and_quoted_ones_kept_together():
    assert words_of('Ship "order 17"  ANA') == ["ship", "order 17", "ana"]
    assert words_of('  "" ') == []


@given(
    texts=st.lists(
        st.tuples(st.sampled_from(WORDS), st.lists(st.sampled_from(WORDS), max_size=3)), min_size=1, max_size=12
    ),
    query=st.lists(st.sampled_from([*WORDS, "main", "fix", "zzz"]), min_size=1, max_size=3),
)
def test_every_word_must_occur_in_author_message_or_timeline(texts, query):
    messages = [(author, " ".join(message)) for author, message in texts]
    half = len(messages) // 2
    line = "main " + " ".join(f"m{i}" for i in range(half + 1))
    rest = len(messages) - half - 1
    if rest:
        line += " | fix@m0 " + " ".join(f"f{i}" for i in range(rest))
    columns = graph(line)
    found = np.concatenate([hits.found for hits in search(columns, texts_of(columns, messages), " ".join(query))][::-1])
    expected = [
        n
        for n, (author, message) in enumerate(messages)
        if all(w.casefold() in f"{author} {message} {columns.names[columns.timeline[n]]}".casefold() for w in query)
    ]
    assert found.tolist() == expected


def large(count: int) -> tuple[Columns, list[tuple[str, str]]]:
    columns = graph("main " + " ".join(f"n{i}" for i in range(count)))
    return columns, [("ana", f"order {n}") for n in range(count)]


def test_newest_first_in_chunks_and_stops_when_told():
    columns, messages = large(CHUNK * 2 + 100)
    running = Search(columns, texts_of(columns, messages), "order", lambda _: None)
    asked = iter([False, True])
    running.run(lambda: next(asked))
    assert not running.done
    assert running.looked_at == 2 * CHUNK
    assert running.found().tolist() == list(range(100, columns.count))


def test_what_comes_later_is_searched_too():
    columns, messages = large(50)
    running = Search(prefix(columns, 40), texts_of(columns, messages), "order 4", lambda _: None)
    running.run()
    assert running.done
    running.extend(columns, 40)
    assert running.found().tolist() == [4, 14, 24, 34, *range(40, 50)]


def test_an_id_or_handle_is_found_beside_the_texts():
    columns, messages = large(20)
    running = Search(columns, texts_of(columns, messages), "5f1c0de59a3b2e41:7", lambda text: int(text.split(":")[1]))
    running.run()
    assert running.found().tolist() == [7]
    both = Search(columns, texts_of(columns, messages), "order 7", lambda _: 3)
    both.run()
    assert both.found().tolist() == [3, 7, 17]


def test_a_timeline_that_matches_brings_all_of_its_transactions_without_reading_texts():
    columns = graph("main a b | fix@b c d")

    def never(dense):
        assert not len(dense) or dense.max() < 2
        return [("", "")] * len(dense)

    hits = next(search(columns, never, "fix"))
    assert hits.found.tolist() == [2, 3]
