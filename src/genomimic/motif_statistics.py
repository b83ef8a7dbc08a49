"""Statistics of motif sites: of one motif, of two in a record, and of two near each other."""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import stats

from genomimic import motif_sites
from genomimic.divergence import jensen_shannon
from genomimic.features import sequence
from genomimic.motif_sites import site_counts, spacing_counts
from genomimic.scanning import Scanner
from genomimic.views import View

FEW, MANY = 20, 100
PAIRED_MOTIFS = 100
SPACED_PAIRS = 50
EXPECTED = 10
OVERLAPPING = 0.25
Q = 0.05


def log_ratio(synthetic: View, real: View, scanner: Scanner) -> Float[np.ndarray, " motifs"]:
    """log2 of synthetic over real sites per kb, half a site added to each."""
    a, b = ((site_counts(view, scanner) + 0.5) / motif_sites.letters(view) for view in (synthetic, real))
    return np.log2(a / b)


def enrichment(view: View, scanner: Scanner) -> Float[np.ndarray, " motifs"]:
    """log2 of sites over those in a shuffled copy of the records, one site added to each."""
    return np.log2((site_counts(view, scanner) + 1) / (motif_sites.shuffled_counts(view, scanner) + 1))


def significant(view: View, scanner: Scanner) -> Bool[np.ndarray, " motifs"]:
    """Motifs with more or fewer sites than the shuffled copy: q < 0.05 by a binomial test, of 20 sites or more."""
    counts = site_counts(view, scanner)
    both = counts + motif_sites.shuffled_counts(view, scanner)
    return (both >= FEW) & (stats.false_discovery_control(binomial_p(counts, both)) < Q)


def binomial_p(counts: Int[np.ndarray, " motifs"], both: Int[np.ndarray, " motifs"]) -> Float[np.ndarray, " motifs"]:
    """Two-sided p of one count given the sum of two that should be equal."""
    tails = stats.binom.cdf(counts, both, 0.5), stats.binom.sf(counts - 1, both, 0.5)
    return np.minimum(2 * np.minimum(*tails), 1.0)


def frequent(view: View, scanner: Scanner) -> Int[np.ndarray, " chosen"]:
    """The motifs that are in most records, at most 100."""
    return np.sort(np.argsort(-motif_sites.records_with(view, scanner), kind="stable")[:PAIRED_MOTIFS])


def joint_pairs(holdout: View, scanner: Scanner) -> Bool[np.ndarray, "chosen chosen"]:
    """Which pairs of the frequent motifs are expected together in 10 records or more, and seldom overlap."""
    return holdout.feature(("joint_pairs", scanner), lambda view: _joint_pairs(view, scanner))


def partial_correlations(view: View, holdout: View, scanner: Scanner) -> Float[np.ndarray, "chosen chosen"]:
    """Correlation of the presence of motifs in a record that GC content, its square and length do not explain."""
    chosen = holdout.feature(("frequent_motifs", scanner), lambda whole: frequent(whole, scanner))
    moments = view.totals(("motif_moments", scanner, holdout), lambda part: _moments(part, scanner, chosen))
    given, apart = moments[:4, :4], moments[4:, :4]
    left = moments[4:, 4:] - apart @ np.linalg.pinv(given, rcond=1e-9, hermitian=True) @ apart.T
    scale = np.sqrt(np.maximum(np.diag(left), 0))
    usual = scale > 1e-6
    return np.where(np.outer(usual, usual), left / np.maximum(np.outer(scale, scale), 1e-12), 0.0)


def frequent_pairs(holdout: View, scanner: Scanner) -> Int[np.ndarray, "chosen 2"]:
    """The pairs of motifs with most pairs of sites near each other: at most 50, with at least 100 each."""
    return holdout.feature(("frequent_pairs", scanner), lambda view: _frequent_pairs(view, scanner))


def spacings(view: View, holdout: View, scanner: Scanner) -> Int[np.ndarray, "chosen cells"]:
    """Pairs of sites of the frequent pairs of motifs, by orientation and distance."""
    chosen = frequent_pairs(holdout, scanner)
    counts = spacing_counts(view, scanner, chosen, holdout)
    return counts.reshape(len(chosen), 2 * motif_sites.SPACINGS)


def weighted_divergence(
    a: Int[np.ndarray, "rows cells"], b: Int[np.ndarray, "rows cells"], whole_b: Int[np.ndarray, " rows"]
) -> float:
    """Excess divergence of counts, mean over rows with 100 or more in the real set as a whole.

    Weights are what is beyond 99: a row that chance takes over the limit or not makes little difference.
    """
    kept = np.flatnonzero((whole_b >= MANY) & (b.sum(1) > 0))
    if not kept.size:
        return 0.0
    return float(np.average(excess_divergence(a[kept], b[kept]), weights=whole_b[kept] - MANY + 1))


def excess_divergence(a: Int[np.ndarray, "rows cells"], b: Int[np.ndarray, "rows cells"]) -> Float[np.ndarray, " rows"]:
    """Jensen-Shannon divergence of the counts in two rows less its null bias, in bits.

    The less of 20 counts a row of `a` has, the more it is taken as evenly spread: a set without sites has no places.
    """
    n, m = a.sum(1), np.maximum(b.sum(1), 1)
    known = np.minimum(n / FEW, 1)
    p = known[:, None] * a / np.maximum(n, 1)[:, None] + ((1 - known) / a.shape[1])[:, None]
    q = b / m[:, None]
    seen = np.maximum(((a + b) > 0).sum(1), 1)
    return jensen_shannon(p, q) - (seen - 1) / (8 * np.log(2)) * (known**2 / np.maximum(n, 1) + 1 / m)


def _moments(view: View, scanner: Scanner, chosen: Int[np.ndarray, " chosen"]) -> Float[np.ndarray, "sides sides"]:
    gc, lengths = sequence.gc(view), sequence.lengths(view) / max(view.root.dataset.length, 1)
    given = np.stack([np.ones(len(view)), gc, gc**2, lengths], 1)
    table = np.concatenate([given, motif_sites.presence(view, scanner)[:, chosen]], 1)
    return table.T @ table


def _joint_pairs(holdout: View, scanner: Scanner) -> Bool[np.ndarray, "chosen chosen"]:
    chosen, motifs = frequent(holdout, scanner), len(scanner.widths)
    found = motif_sites.pairs(holdout, scanner)
    both = found.first[found.overlapping] * motifs + found.second[found.overlapping]
    overlaps = np.bincount(both, minlength=motifs**2).reshape(motifs, motifs)[np.ix_(chosen, chosen)]
    there = motif_sites.presence(holdout, scanner)[:, chosen].astype(float)
    share = there.sum(0) / len(holdout)
    expected = len(holdout) * np.outer(share, share)
    return np.triu((expected >= EXPECTED) & (overlaps <= OVERLAPPING * (there.T @ there)), 1)


def _frequent_pairs(holdout: View, scanner: Scanner) -> Int[np.ndarray, "chosen 2"]:
    found, motifs = motif_sites.pairs(holdout, scanner), len(scanner.widths)
    apart = ~found.overlapping
    counts = np.bincount(found.first[apart] * motifs + found.second[apart], minlength=motifs**2)
    most = np.argsort(-counts, kind="stable")[:SPACED_PAIRS]
    most = most[counts[most] >= MANY]
    return np.stack([most // motifs, most % motifs], 1)
