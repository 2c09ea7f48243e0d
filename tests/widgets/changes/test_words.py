"""Word diff: what is kept and what is not, and that both texts can be read back from it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from widgets.changes.words import Span, condense, similar, word_diff, words


def marked(before: str, after: str) -> str:
    """`[-went-]{+came+}` around what changed."""
    wrap = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(wrap[span.sign].format(span.text) for span in word_diff(before, after))


def test_words_change_as_wholes():
    assert marked("the quick brown fox", "the slow brown fox") == "the [-quick -]{+slow +}brown fox"


def test_the_end_and_the_beginning():
    assert marked("Crews mop up", "Crews mop up today") == "Crews mop [-up-]{+up today+}"
    assert marked("b c", "a b c") == "{+a +}b c"


def test_nothing_in_common():
    assert marked("yes", "no") == "[-yes-]{+no+}"
    assert marked("", "new") == "{+new+}"
    assert marked("same", "same") == "same"


def test_long_texts_are_compared_by_lines_first():
    lines = [f"line number {n} of a long report\n" for n in range(600)]
    after = list(lines)
    after[3] = "one line of another kind\n"
    after[500] = "line number 500 of a short report\n"
    text = marked("".join(lines), "".join(after))
    assert "line number 299 of a long report" in text
    assert "[-long -]{+short +}" in text
    assert "another kind" in text


def test_one_endless_line_is_not_compared_word_by_word():
    before, after = (f"{letter} " * 3000 for letter in "ab")
    assert [span.sign for span in word_diff(before, after)] == ["removed", "added"]
    assert word_diff("x" * 2_000_000, "x" * 2_000_000)[0].sign == "same"


@given(st.text("ab \n.é", max_size=40), st.text("ab \n.é", max_size=40))
def test_both_texts_can_be_read_back(before, after):
    spans = word_diff(before, after)
    assert "".join(span.text for span in spans if span.sign != "added") == before
    assert "".join(span.text for span in spans if span.sign != "removed") == after
    assert all(a.sign != b.sign for a, b in pairwise(spans))
    assert "".join(words(before)) == before


def test_condensed_to_the_surroundings_of_changes():
    spans = [Span("same", "a" * 100), Span("added", "x"), Span("same", "b" * 100)]
    assert [span.text for span in condense(spans, 5)] == ["…aaaaa", "x", "bbbbb…"]
    middle = [Span("added", "x"), Span("same", "c" * 100), Span("added", "y")]
    assert condense(middle, 3)[1].text == "ccc…ccc"


def test_texts_without_much_in_common_are_better_shown_whole():
    assert similar(word_diff("one two three four", "one two three five"))
    assert not similar(word_diff("one two three four", "five six seven"))
