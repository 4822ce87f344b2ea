import random

from load.popularity import popular


def test_the_runbooks_share_of_queries_comes_again_while_its_answer_is_kept() -> None:
    # 45 queries a second of 50 requests, each answer kept for 60 s; the first minute fills the cache.
    draw, kept, hits = random.Random(1), dict[int, float](), list[bool]()
    for number in range(45 * 180):
        now, query = number / 45, popular(draw, 1_000_000, 0.885)
        hits.append(kept.get(query, -60.0) + 60 > now)
        if not hits[-1]:
            kept[query] = now
    later = hits[45 * 60 :]
    assert 0.15 < sum(later) / len(later) < 0.30


def test_numbers_stay_in_range() -> None:
    draw = random.Random(2)
    assert {popular(draw, 3, 0.9) for _ in range(1000)} <= {1, 2, 3}
