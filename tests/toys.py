"""Made-up data whose answer is known.

Letters depend on position, on the letter before and on one far away; counts of genes on the type of a cell, on a factor
that genes share, and on the size of its library.
"""

from dataclasses import replace

import numpy as np

from genomimic.alphabet import ALPHABETS
from genomimic.dataset import Dataset
from genomimic.modalities.expression import Expression
from genomimic.modalities.sequences import Sequences
from genomimic.motifs import Motif, Motifs

LENGTH = 30


WORDS = ("ACGTTC", "GATTAC", "CCATGG", "TGACGC", "AAGGTA", "CTCGCA")


def library(*words, pvalue=1e-9):
    """Motifs that match one word each and nothing else."""
    counts = {word: 10 * (np.array(list(word))[:, None] == np.array(list("ACGT"))).astype(float) for word in words}
    return Motifs("toy", tuple(Motif(word, word, counts[word], word) for word in words), pvalue)


MOTIFS = library(*WORDS)


def planted_values(n, rng, *, often=0.5, place=150, spaced=True, together=True):
    """Random records of 200 letters with the words of `WORDS` in them.

    The second stands 12 letters behind the first, the fourth and fifth stand in the same records, the third at a place.
    `spaced` and `together` undo this and leave each word's own places and frequency as they were.
    """
    values = rng.integers(0, 4, (n, 200))

    def plant(word, start, rows):
        tokens = np.array(["ACGT".index(letter) for letter in WORDS[word]])
        values[np.flatnonzero(rows)[:, None], start[rows][:, None] + np.arange(6)] = tokens

    first = rng.integers(2, 22, n)
    second = (first if spaced else rng.permutation(first)) + 12
    pair = (rng.random(n) < 0.6) & (np.abs(second - first) >= 6)
    plant(0, first, pair)
    plant(1, second, pair)
    plant(2, rng.integers(place, place + 20, n), rng.random(n) < often)
    joint = rng.random(n) < 0.4
    plant(3, np.full(n, 42), joint)
    plant(4, np.full(n, 60), joint if together else rng.random(n) < 0.4)
    plant(5, rng.integers(70, 100, n), rng.random(n) < 0.15)
    return values


def dataset(values, alphabet="dna", *, stranded=True, aligned=True):
    modality = Sequences(alphabet, stranded=stranded, aligned=aligned)
    return Dataset(np.asarray(values, np.int8), np.arange(len(values)).astype(str), modality)


def sequences(*texts, alphabet="dna", stranded=True, aligned=True):
    letters, width = ALPHABETS[alphabet], max(map(len, texts))
    rows = [np.append(letters.encode(text), np.full(width - len(text), letters.pad)) for text in texts]
    return dataset(rows, alphabet, stranded=stranded, aligned=aligned)


def real_values(n, rng):
    """Records with their own GC content, a profile, repeats of the letter before and a far pair of words."""
    profile = np.random.default_rng(7).dirichlet([2.4, 0.9, 1.2, 1.5], LENGTH)
    tilt = np.exp(rng.normal(0, 0.5, (n, 1)) * np.array([-1, 1, 1, -1]))
    values = np.empty((n, LENGTH), np.int64)
    for at in range(LENGTH):
        weights = profile[at] * tilt
        cumulative = (weights / weights.sum(1, keepdims=True)).cumsum(1)
        values[:, at] = (rng.random((n, 1)) > cumulative).sum(1).clip(0, 3)
        if at:
            again = rng.random(n) < 0.25
            values[again, at] = values[again, at - 1]
    paired = rng.random((n, 6)) < 0.6
    values[:, 20:26] = np.where(paired, 3 - values[:, 4:10], values[:, 20:26])
    return values


def chain_values(train, n, rng, *, order, positional):
    """Samples of a Markov chain fitted on rows of tokens with one count added to each."""
    out = np.zeros((n, train.shape[1]), np.int64)
    for at in range(train.shape[1]):
        k = min(at, order)
        counts = np.ones((4**k, 4))
        for place in [at] if positional else range(k, train.shape[1]):
            np.add.at(counts, (train[:, place - k : place] @ 4 ** np.arange(k)[::-1], train[:, place]), 1)
        words = out[:, at - k : at] @ 4 ** np.arange(k)[::-1]
        cumulative = (counts / counts.sum(1, keepdims=True)).cumsum(1)[words]
        out[:, at] = (rng.random((n, 1)) > cumulative).sum(1).clip(0, 3)
    return out


def references(train, n, rng):
    return {
        "uniform": dataset(rng.integers(0, 4, (n, train.shape[1]))),
        "composition": dataset(chain_values(train, n, rng, order=0, positional=False)),
        "markov": dataset(chain_values(train, n, rng, order=2, positional=False)),
        "pwm": dataset(chain_values(train, n, rng, order=0, positional=True)),
        "position-markov": dataset(chain_values(train, n, rng, order=1, positional=True)),
    }


def substituted(values, share, rng):
    hit = rng.random(values.shape) < share
    return np.where(hit, (values + rng.integers(1, 4, values.shape)) % 4, values)


GENES = 40
TYPES = ("neuron", "muscle", "skin")


def cells(n, rng, kind="counts"):
    """Cells of three types: negative binomial counts (or their logarithms); half of the genes share a factor."""
    world = np.random.default_rng(3)
    base, shifts = world.normal(1.0, 1.2, GENES), world.normal(0.0, 1.0, (len(TYPES), GENES))
    weights = np.where(np.arange(GENES) % 2 == 0, world.choice([-0.7, 0.7], GENES), 0.0)
    types = rng.choice(len(TYPES), n, p=[0.5, 0.3, 0.2])
    rates = np.exp(base + shifts[types] + rng.normal(0, 1, (n, 1)) * weights)
    shares = rates / rates.sum(1, keepdims=True)
    means = shares * rng.lognormal(np.log(400), 0.5, (n, 1))
    counts = rng.poisson(rng.gamma(2.0, means / 2.0))
    values = counts if kind == "counts" else np.log1p(counts) + rng.normal(0, 0.1, counts.shape)
    return profiles(values, kind, labels={"cell_type": np.array(TYPES)[types]})


def profiles(values, kind="counts", labels=None, genes=None):
    names = tuple(f"gene_{number}" for number in range(values.shape[1])) if genes is None else genes
    dtype = np.float32 if kind == "continuous" else np.int32
    return Dataset(np.asarray(values, dtype), np.arange(len(values)).astype(str), Expression(kind, names), labels or {})


def independent_cells(train, n, rng):
    """Each gene drawn by itself: given the library size a share of it, or from all cells' values."""
    values = train.values
    if not train.modality.counts:
        return replace(train.take(rng.integers(len(train), size=n)), values=column_draws(values, n, rng), labels={})
    sizes = values.sum(1)
    rates = column_draws(values / sizes[:, None], n, rng)
    counts = rng.poisson(rates * rng.choice(sizes, (n, 1)))
    return replace(train.take(rng.integers(len(train), size=n)), values=counts.astype(np.int32), labels={})


def column_draws(values, n, rng):
    return np.take_along_axis(values, rng.integers(len(values), size=(n, values.shape[1])), 0)


def spoiled(data, share, rng):
    """A share of the values exchanged for twice those of any gene in any cell."""
    other = 2 * rng.permutation(data.values.ravel()).reshape(data.values.shape)
    return replace(data, values=np.where(rng.random(data.values.shape) < share, other, data.values))
