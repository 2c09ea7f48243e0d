"""What a few letters find."""

from hypothesis import given
from hypothesis import strategies as st

from widgets.palette.fuzzy import match


def best(query: str, *texts: str) -> str:
    found = [(match(query, text), text) for text in texts]
    return max((hit[0], text) for hit, text in found if hit)[1]


def test_letters_must_come_in_order() -> None:
    assert match("nb", "New branch here")
    assert match("hb", "New branch here") is None
    assert match("xyz", "New branch here") is None


def test_positions_are_those_of_the_best_way() -> None:
    assert match("nb", "New branch here")[1] == (0, 4)
    assert match("here", "New branch here")[1] == (11, 12, 13, 14)


def test_starts_of_words_beat_letters_inside() -> None:
    assert best("nb", "New branch here", "Unbind") == "New branch here"
    assert best("tag", "New tag here", "Start again") == "New tag here"


def test_a_shorter_text_wins_among_equals() -> None:
    assert best("zoom", "Zoom in", "Zoom into the selection") == "Zoom in"


def test_case_and_blanks_do_not_matter() -> None:
    assert match("NEW TAG", "New tag here")
    assert match("", "anything") == (0.0, ())


@given(st.text(max_size=30))
def test_any_subsequence_is_found(text: str) -> None:
    if len(text.lower()) == len(text):
        assert match(text[::2], text) is not None


@given(st.text(max_size=12), st.text(max_size=40))
def test_positions_spell_the_query(query: str, text: str) -> None:
    found = match(query, text)
    if found and len(text.lower()) == len(text):
        assert [text.lower()[at] for at in found[1]] == list("".join(query.lower().split()))
        assert list(found[1]) == sorted(set(found[1]))
