import pytest

from specimen.scoring import DIMENSIONS, embed, rank, similarity


def test_a_text_is_most_similar_to_itself() -> None:
    assert similarity(embed("chest pain"), embed("Chest pain")) == pytest.approx(1.0)
    assert similarity(embed("chest pain"), embed("chest pains")) > similarity(embed("chest pain"), embed("broken leg"))


def test_nothing_is_similar_to_nothing() -> None:
    assert similarity([0.0] * DIMENSIONS, embed("chest pain")) == 0.0


def test_the_nearest_comes_first_and_equals_by_their_number() -> None:
    assert rank([1, 0], {5: [0, 1], 4: [1, 0], 3: [0, 2], 2: [-1, 0]}) == [(4, 1.0), (3, 0.0), (5, 0.0), (2, -1.0)]
