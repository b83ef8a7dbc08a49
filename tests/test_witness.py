"""The critic that remembers means: against counts by hand, and what a witness must say."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from genomimic.models.witness import LEAST_VARIANCE, means, witness

SHAPES = [(60, 9, 4), (40, 12, 5), (30, 5, 20), (20, 90, 20), (20, 1, 4), (20, 2, 2)]
"""Records, length and symbols; ninety letters of twenty symbols are three stretches."""


def records(shape, seed, skew=0.0):
    n, length, symbols = shape
    rng = np.random.default_rng(seed)
    frequencies = np.exp(skew * np.arange(symbols))
    return rng.choice(symbols, (n, length), p=frequencies / frequencies.sum())


def test_means_are_frequencies_counted_by_hand():
    values = records((50, 9, 4), 0)
    found = means(jax.nn.one_hot(values, 4))
    letters = np.asarray(found.letters).reshape(9, 4)
    pairs = np.asarray(found.pairs).reshape(9, 4, 9, 4)
    assert letters[2, 3] == pytest.approx((values[:, 2] == 3).mean())
    assert pairs[2, 3, 7, 0] == pytest.approx(((values[:, 2] == 3) & (values[:, 7] == 0)).mean())
    word = [1, 0, 2, 3, 3, 1]
    values[:, 2:8] = word
    count = np.mean([sum((row[i : i + 6] == word).all() for i in range(4)) for row in values])
    first, second = (4**2 * a + 4 * b + c for a, b, c in (word[:3], word[3:]))
    assert means(jax.nn.one_hot(values, 4)).words[first, second] == pytest.approx(count, rel=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_equal_means_have_no_witness(shape):
    x = jax.nn.one_hot(records(shape, 0), shape[2])
    np.testing.assert_array_equal(witness(means(x), means(x), x), 0)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_two_kinds_differ_by_the_squared_differences_of_their_means(shape):
    """mean w(real) - mean w(synthetic) = |difference of the scaled features|^2, here from each record's features."""
    n, length, symbols = shape
    x, y = (jax.nn.one_hot(records(shape, seed, skew), symbols) for seed, skew in ((0, 0.0), (1, 0.3)))
    real, synthetic = means(x), means(y)
    found = float(witness(real, synthetic, x).mean() - witness(real, synthetic, y).mean())
    mean = np.asarray(x).mean(0)
    spread = np.sqrt(np.maximum(mean * (1 - mean), LEAST_VARIANCE) * symbols / (symbols - 1))
    a, b = ((np.asarray(z) - mean) / spread for z in (x, y))
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum()
    stretch = length if length * symbols <= 800 else length // 3
    for i in range(length):
        for j in range(i + 1, length):
            if i // stretch == j // stretch:
                expected += ((a[:, i].T @ a[:, j] - b[:, i].T @ b[:, j]) ** 2).sum() / n**2
    words = np.asarray(real.words)
    variance = words + 0.2 * words.mean() + 1e-6
    expected += ((words - np.asarray(synthetic.words)) ** 2 / variance).sum()
    assert found == pytest.approx(expected, rel=1e-3)
    assert found > 0


def test_a_step_along_the_gradient_looks_more_real():
    x, y = (jax.nn.one_hot(records((200, 9, 4), seed, skew), 4) for seed, skew in ((0, 0.0), (1, 0.5)))
    real, synthetic = means(x), means(y)
    slope = jax.grad(lambda y: witness(real, synthetic, y).sum())(y)
    assert slope.mean((0, 1))[3] < slope.mean((0, 1))[0]
    better = jax.nn.one_hot(jnp.argmax(0.5 * y + slope, -1), 4)
    assert witness(real, synthetic, better).mean() > witness(real, synthetic, y).mean()
