from __future__ import annotations

import numpy as np
import pytest

from unetcolor.training.sampling import ByShare, InTurn, shares_of


def test_each_picture_comes_once_in_a_pass() -> None:
    order = InTurn(10, 4, shuffle=True, seed=1)
    assert order.steps == 3
    rng = np.random.default_rng(0)
    passes = [np.concatenate([order.choose(3 * turn + i, rng) for i in range(3)]) for turn in range(2)]
    assert [sorted(one) for one in passes] == [list(range(10))] * 2
    assert not np.array_equal(*passes)
    plain = InTurn(10, 4, shuffle=False, seed=1)
    np.testing.assert_array_equal(plain.choose(5, rng), [8, 9])


def test_batches_of_one_length_fill_up_the_last_of_a_pass() -> None:
    rng = np.random.default_rng(0)
    order, full = (InTurn(10, 4, shuffle=True, seed=1, full=full) for full in (False, True))
    for turn in range(2):
        batches = [full.choose(3 * turn + i, rng) for i in range(3)]
        assert [len(batch) for batch in batches] == [4, 4, 4]
        np.testing.assert_array_equal(
            np.concatenate(batches)[:10], np.concatenate([order.choose(3 * turn + i, rng) for i in range(3)])
        )
        np.testing.assert_array_equal(batches[-1][2:], batches[0][:2])
    # No picture comes twice where all fit into one batch.
    assert sorted(InTurn(3, 8, shuffle=True, seed=1, full=True).choose(0, rng)) == [0, 1, 2]


def test_shares_grow_with_the_square_root_of_the_number() -> None:
    assert shares_of({"few": 100, "many": 900}) == pytest.approx([0.25, 0.75])


def test_favorites_have_their_share_together() -> None:
    counts = {"a": 100, "b": 400, "c": 100, "d": 900}
    shares = shares_of(counts, {"a", "b"}, 0.6)
    assert shares == pytest.approx([0.2, 0.4, 0.1, 0.3])


def test_pictures_are_drawn_by_the_share_of_their_source() -> None:
    order = ByShare([10, 990], [0.25, 0.75], 50)
    assert order.steps == 20
    drawn = np.concatenate([order.choose(i, np.random.default_rng(i)) for i in range(100)])
    assert (drawn < 10).mean() == pytest.approx(0.25, abs=0.03)
    assert len(np.unique(drawn[drawn < 10])) == 10
    assert len(order.choose(0, np.random.default_rng(0))) == 50
