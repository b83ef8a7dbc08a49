"""Which motifs are alike: clusters of matrices that would find the same sites."""

import numpy as np
from jaxtyping import Float, Int
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

ALIKE = 0.7
TELLING = 8


def similarities(counts: list[Float[np.ndarray, "_ 4"]]) -> Float[np.ndarray, "motifs motifs"]:
    """Cosine of each two matrices of frequencies less 1/4, at the best offset on either strand: at most 1.

    A position beyond the end of a matrix counts as one where all letters are equally frequent, so that a short motif
    inside a long one is alike only as far as the rest says little.
    """
    width = max(map(len, counts))
    padded = np.zeros((len(counts), 3 * width, 4), np.float32)
    for row, matrix in zip(padded, counts, strict=True):
        centred = matrix / matrix.sum(1, keepdims=True) - 0.25
        row[width : width + len(matrix)] = centred / max(np.linalg.norm(centred), 1e-9)
    placed = padded[:, width : 2 * width]
    strands = [strand.reshape(len(counts), -1).T for strand in (placed, placed[:, ::-1, ::-1])]
    best = np.full((len(counts), len(counts)), -1, np.float32)
    for offset in range(2 * width + 1):
        moved = padded[:, offset : offset + width].reshape(len(counts), -1)
        for strand in strands:
            np.maximum(best, moved @ strand, out=best)
    return np.maximum(best, best.T).astype(float)


def representatives(counts: list[Float[np.ndarray, "_ 4"]]) -> Int[np.ndarray, " motifs"]:
    """For each motif the row of its cluster's medoid: the member, of 8 positions or more if any, most like the others.

    Clusters are those of average linkage, cut where they are less alike than 0.7 on average. Shorter motifs have too
    few words to tell a site from chance.
    """
    if len(counts) < 2:
        return np.zeros(len(counts), int)
    alike = similarities(counts)
    distances = squareform(np.maximum(1 - alike, 0), checks=False)
    cluster = fcluster(linkage(distances, "average"), 1 - ALIKE, "distance")
    found = np.empty(len(counts), int)
    for number in np.unique(cluster):
        members = np.flatnonzero(cluster == number)
        long = [member for member in members if len(counts[member]) >= TELLING] or members
        found[members] = long[alike[np.ix_(long, members)].sum(1).round(6).argmax()]
    return found
