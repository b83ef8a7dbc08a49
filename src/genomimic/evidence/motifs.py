"""Motifs whose sites differ: how often, beside which others, and at what distance."""

import numpy as np
from jaxtyping import Float, Int, Shaped
from scipy import stats

from genomimic import motif_sites
from genomimic.comparison import Comparison
from genomimic.evidence.base import Columns, evidence
from genomimic.metrics.motifs import has_motifs, scanner_of
from genomimic.motif_statistics import (
    enrichment,
    excess_divergence,
    frequent,
    frequent_pairs,
    joint_pairs,
    log_ratio,
    spacings,
)
from genomimic.scanning import Scanner
from genomimic.views import View

MAX_ROWS = 2000
EXPECTED = 5


@evidence(
    group="fidelity",
    title="Motifs found more or less often",
    reading="Sites of each motif; +3 behind a name stands for three motifs that are like it. p is that of "
    "as different a number of records with a site if both sets were alike, q the share of false finds up to that row. "
    "Enrichment is log2 of sites over those in shuffled copies.",
    needs=[has_motifs],
)
def motifs(comparison: Comparison) -> Columns:
    """Frequency and enrichment of each motif, the most differing first."""
    scanner, real, made = scanner_of(comparison), comparison.holdout, comparison.synthetic
    ratio = log_ratio(made, real, scanner)
    with_real, with_made = (motif_sites.records_with(view, scanner) for view in (real, made))
    p = fisher_p(with_real, with_made, len(real), len(made))
    order = np.lexsort((-np.abs(ratio), p))[:MAX_ROWS]
    per_kb = [
        1000 * motif_sites.site_counts(view, scanner) / max(motif_sites.letters(view), 1) for view in (real, made)
    ]
    columns = {
        "motif": np.array([motif.id for motif in scanner.motifs.representatives], object),
        "name": np.array(scanner.motifs.names, object),
        "real per kb": per_kb[0],
        "synthetic per kb": per_kb[1],
        "log2 ratio": ratio,
        "p": p,
        "q": stats.false_discovery_control(p),
        "real enrichment": enrichment(real, scanner),
        "synthetic enrichment": enrichment(made, scanner),
    }
    return {heading: column[order] for heading, column in columns.items()}


@evidence(
    group="fidelity",
    title="Motifs found together more or less often",
    reading="Records with a site of both motifs, beside what is expected of two independent motifs. "
    "Log odds are natural logarithms, above 0 where two motifs seek each other; q belongs to their difference.",
    needs=[has_motifs],
)
def motif_pairs(comparison: Comparison) -> Columns:
    """Co-occurrence of each pair of frequent motifs, the most differing first."""
    scanner, holdout = scanner_of(comparison), comparison.holdout.root
    a, b = np.nonzero(joint_pairs(holdout, scanner))
    chosen = frequent(holdout, scanner)
    real, made = (_together(view, scanner, chosen[a], chosen[b]) for view in (comparison.holdout, comparison.synthetic))
    error = np.sqrt(real["variance"] + made["variance"])
    p = 2 * stats.norm.sf(np.abs(made["log odds"] - real["log odds"]) / error)
    order = np.argsort(p, kind="stable")[:MAX_ROWS]
    columns = {
        "motif": _names(scanner)[chosen[a]],
        "other": _names(scanner)[chosen[b]],
        "real expected": real["expected"],
        "real": real["observed"],
        "synthetic expected": made["expected"],
        "synthetic": made["observed"],
        "real log odds": real["log odds"],
        "synthetic log odds": made["log odds"],
        "q": stats.false_discovery_control(p),
    }
    return {heading: column[order] for heading, column in columns.items()}


@evidence(
    group="fidelity",
    title="Neighbouring motifs whose distance or orientation differs",
    reading="The most frequent pairs of sites with centres at most 100 letters apart. JS is the divergence of distance "
    "and orientation above chance, in bits; same strand is the share of pairs on one strand; q is of a chi-squared "
    "test of distance and orientation.",
    needs=[has_motifs],
)
def motif_spacing(comparison: Comparison) -> Columns:
    """Distance and orientation of each frequent pair, the most differing first."""
    scanner, holdout = scanner_of(comparison), comparison.holdout.root
    chosen = frequent_pairs(holdout, scanner)
    made, real = (spacings(view, holdout, scanner) for view in (comparison.synthetic, comparison.holdout))
    same = [counts[:, : motif_sites.SPACINGS].sum(1) / np.maximum(counts.sum(1), 1) for counts in (real, made)]
    p = np.array([same_distribution_p(*rows) for rows in zip(made, real, strict=True)], float)
    order = np.argsort(p, kind="stable")
    columns = {
        "motif": _names(scanner)[chosen[:, 0]],
        "other": _names(scanner)[chosen[:, 1]],
        "real pairs": real.sum(1),
        "synthetic pairs": made.sum(1),
        "JS": excess_divergence(made, real),
        "real same strand": same[0],
        "synthetic same strand": same[1],
        "q": stats.false_discovery_control(p),
    }
    return {heading: column[order] for heading, column in columns.items()}


def fisher_p(
    a: Int[np.ndarray, " motifs"], b: Int[np.ndarray, " motifs"], n: int, m: int
) -> Float[np.ndarray, " motifs"]:
    """Two-sided p of a of n and b of m records having a motif if they are equally likely to (Fisher's exact test)."""
    tails = stats.hypergeom.cdf(a, n + m, a + b, n), stats.hypergeom.sf(a - 1, n + m, a + b, n)
    return np.clip(2 * np.minimum(*tails), 0.0, 1.0)


def same_distribution_p(a: Int[np.ndarray, " cells"], b: Int[np.ndarray, " cells"]) -> float:
    """P of two rows of counts being alike (chi-squared); cells in which fewer than 5 are expected are one."""
    table = np.stack([a, b]).astype(float)
    expected = np.outer(table.sum(1), table.sum(0)) / max(table.sum(), 1)
    rare = expected.min(0) < EXPECTED
    table = np.column_stack([table[:, ~rare], table[:, rare].sum(1)])
    table = table[:, table.sum(0) > 0]
    if table.shape[1] < 2 or (table.sum(1) == 0).any():
        return 1.0
    freedom = table.shape[1] - 1
    expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
    return float(stats.chi2.sf(((table - expected) ** 2 / expected).sum(), freedom))


def _names(scanner: Scanner) -> Shaped[np.ndarray, " motifs"]:
    return np.array(scanner.motifs.names, object)


def _together(
    view: View, scanner: Scanner, first: Int[np.ndarray, " pairs"], second: Int[np.ndarray, " pairs"]
) -> dict[str, Float[np.ndarray, " pairs"]]:
    """Records with both motifs, as expected and as found, with log odds (half a record added) and their variance."""
    there, n = motif_sites.presence(view, scanner).astype(np.float32), len(view)
    both = (there.T @ there)[first, second].astype(float)
    one, other = there.sum(0)[first].astype(float), there.sum(0)[second].astype(float)
    cells = np.stack([both, n - one - other + both, one - both, other - both]) + 0.5
    odds = np.log(cells[0] * cells[1] / (cells[2] * cells[3]))
    return {"expected": one * other / n, "observed": both, "log odds": odds, "variance": (1 / cells).sum(0)}
