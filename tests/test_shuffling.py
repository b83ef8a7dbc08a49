from collections import Counter
from itertools import pairwise, permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from genomimic.alphabet import DNA
from genomimic.shuffling import shuffled


def neighbours(row):
    return Counter(pairwise(row))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([0, 1, 2, 3, DNA.unknown]), max_size=40), min_size=1, max_size=5),
    st.integers(0, 2**32 - 1),
)
def test_a_shuffle_keeps_neighbours_ends_and_padding(records, seed):
    width = max(map(len, records))
    values = np.array([[*record, *[DNA.pad] * (width - len(record))] for record in records], np.int8).reshape(
        len(records), width
    )
    found = shuffled(values, np.random.default_rng(seed))
    for before, after in zip(records, found.tolist(), strict=True):
        assert after[len(before) :] == [DNA.pad] * (width - len(before))
        assert neighbours(after[: len(before)]) == neighbours(before)
        assert after[: min(len(before), 1)] == before[:1]


def test_all_orders_with_the_same_neighbours_are_equally_likely():
    record = (0, 1, 2, 0, 2, 1, 1, 0, 1)
    orders = [order for order in set(permutations(record)) if neighbours(order) == neighbours(record)]
    found = Counter(
        map(tuple, shuffled(np.tile(np.array(record, np.int8), (9000, 1)), np.random.default_rng(0)).tolist())
    )
    assert len(orders) == 30
    assert chisquare([found[order] for order in orders]).pvalue > 1e-3


def test_a_letter_that_is_hard_to_leave():
    """The one way out of a long back and forth is found, and always at the end."""
    record = np.array([[0, 1] * 60 + [2]], np.int8)
    assert (shuffled(record, np.random.default_rng(0)) == record).all()


def test_no_records_and_short_ones():
    rng = np.random.default_rng(0)
    for shape in ((0, 9), (3, 0), (3, 1), (3, 3)):
        assert shuffled(np.zeros(shape, np.int8), rng).shape == shape
