"""Motifs of DNA-binding proteins: how often they are found, above chance, where, and beside which others.

Which motifs and pairs are counted is settled by the whole holdout, so that every set is judged by the same ones.
"""

import numpy as np

from genomimic.comparison import Comparison
from genomimic.correlation import correlation
from genomimic.features import sequence
from genomimic.metrics.base import OF_FEW_NUMBERS, RECORDS, aligned, metric, variable_length
from genomimic.metrics.differences import Estimate, squared_difference
from genomimic.motif_sites import letters, place_counts, site_counts, site_products
from genomimic.motif_statistics import (
    FEW,
    MANY,
    enrichment,
    frequent_pairs,
    joint_pairs,
    partial_correlations,
    significant,
    spacings,
    weighted_divergence,
)
from genomimic.motifs import Motifs
from genomimic.scanning import Scanner
from genomimic.views import View

CORRELATED = 3  # numbers at least that a correlation is over


def has_motifs(comparison: Comparison) -> bool:
    """A library of motifs was given."""
    return comparison.motifs is not None


def placed(comparison: Comparison) -> bool:
    """Places can be compared: records are aligned, or equally long."""
    return aligned(comparison) or not variable_length(comparison)


def some_sites(comparison: Comparison) -> bool:
    """A motif has 20 sites in the holdout."""
    return bool((site_counts(comparison.holdout.root, scanner_of(comparison)) >= FEW).any())


def many_sites(comparison: Comparison) -> bool:
    """A motif has 100 sites in the holdout."""
    return bool((site_counts(comparison.holdout.root, scanner_of(comparison)) >= MANY).any())


def some_enriched(comparison: Comparison) -> bool:
    """At least three motifs are more or less frequent in the holdout than in its shuffled copy."""
    return int(significant(comparison.holdout.root, scanner_of(comparison)).sum()) >= CORRELATED


def some_joint(comparison: Comparison) -> bool:
    """At least three pairs of motifs are expected together in 10 holdout records."""
    return int(joint_pairs(comparison.holdout.root, scanner_of(comparison)).sum()) >= CORRELATED


def some_near(comparison: Comparison) -> bool:
    """A pair of motifs stands near each other 100 times in the holdout."""
    return len(frequent_pairs(comparison.holdout.root, scanner_of(comparison))) > 0


def scanner_of(comparison: Comparison) -> Scanner:
    """The search for the comparison's motifs, against the letters of the training records."""
    if comparison.motifs is None:
        raise ValueError("a comparison without motifs has no search for them")
    motifs = comparison.motifs
    return comparison.train.feature(("scanner", motifs), lambda train: _scanner(train, motifs))


@metric(
    family="motifs",
    group="fidelity",
    question="Are motifs as frequent as in real records?",
    better="lower",
    low=-400.0,
    high=400.0,
    unit="squared log2 ratio above chance",
    paper="Bailey & Noble 2011 (FIMO), doi:10.1093/bioinformatics/btr064",
    floor="shuffled",
    needs=[has_motifs],
    enough=some_sites,
    limit=RECORDS,
    kind="divergence",
)
def motif_frequency(comparison: Comparison) -> float:
    """Mean square of log2(synthetic / real sites per kb), less what chance gives, over motifs of 20 sites or more.

    The 20 sites are those in the holdout.
    """
    scanner = scanner_of(comparison)
    kept = np.flatnonzero(site_counts(comparison.holdout.root, scanner) >= FEW)
    sides = (frequency_estimate(view, scanner) for view in (comparison.synthetic, comparison.holdout))
    a, b = (Estimate(one.numbers[kept], one.variances[kept]) for one in sides)
    return squared_difference(a, b) if kept.size else 0.0


def frequency_estimate(view: View, scanner: Scanner) -> Estimate:
    """log2 of the sites per letter of each motif, half a site added, and its variance between records."""
    counts, size = site_counts(view, scanner) + 0.5, letters(view)
    squares, products, lengths = site_products(view, scanner)
    rate = counts / size
    unexplained = squares - 2 * rate * products + rate**2 * lengths
    return Estimate(np.log2(rate), unexplained / (counts * np.log(2)) ** 2)


@metric(
    family="motifs",
    group="fidelity",
    question="Are motifs enriched above chance as in real records?",
    better="higher",
    low=-1.0,
    high=1.0,
    unit="correlation",
    paper="McLeay & Bailey 2010 (AME), doi:10.1186/1471-2105-11-165",
    floor="shuffled",
    needs=[has_motifs],
    enough=some_enriched,
    limit=RECORDS,
    kind="correlation",
    widen=OF_FEW_NUMBERS,
)
def motif_enrichment(comparison: Comparison) -> float:
    """Correlation of log2(sites / sites in the set's own shuffled copy) over motifs.

    They are those whose sites in the holdout differ from its copy's (q < 0.05). Shuffled copies keep each record's
    dinucleotides, so that composition plays no part.
    """
    scanner = scanner_of(comparison)
    kept = significant(comparison.holdout.root, scanner)
    a, b = (enrichment(view, scanner)[kept] for view in (comparison.synthetic, comparison.holdout))
    return float(correlation(a, b))


@metric(
    family="motifs",
    group="fidelity",
    question="Are motifs at the right places?",
    better="lower",
    low=-1.0,
    high=1.0,
    unit="bits above chance",
    paper="Bailey & Machanick 2012 (CentriMo), doi:10.1093/nar/gks433",
    floor="shuffled",
    needs=[has_motifs, placed],
    enough=many_sites,
    limit=RECORDS,
    kind="divergence",
)
def motif_positions(comparison: Comparison) -> float:
    """Divergence of the places of a motif's sites less its null bias, mean over motifs of 100 sites in the holdout.

    Motifs count by their sites. One with few in the synthetic set counts as evenly spread there.
    """
    scanner = scanner_of(comparison)
    views = comparison.synthetic, comparison.holdout
    made, real = (place_counts(view, scanner) for view in views)
    return weighted_divergence(made, real, site_counts(comparison.holdout.root, scanner))


@metric(
    family="motifs",
    group="fidelity",
    question="Do motifs stand in the same records as in real data?",
    better="higher",
    low=-1.0,
    high=1.0,
    unit="correlation",
    paper="Gupta 2023 (Polygraph), doi:10.1101/2023.11.27.568764",
    floor="shuffled",
    needs=[has_motifs],
    enough=some_joint,
    limit=RECORDS,
    kind="correlation",
    widen=OF_FEW_NUMBERS,
)
def motif_cooccurrence(comparison: Comparison) -> float:
    """Correlation of the partial correlations of two motifs' presence in a record, over pairs of the 100 most frequent.

    What GC content and length explain is taken out. Pairs expected together in fewer than 10 holdout records, and
    pairs of which a quarter overlap, are left out.
    """
    scanner, holdout = scanner_of(comparison), comparison.holdout.root
    kept = joint_pairs(holdout, scanner)
    a, b = (partial_correlations(view, holdout, scanner)[kept] for view in (comparison.synthetic, comparison.holdout))
    return float(correlation(a, b))


@metric(
    family="motifs",
    group="fidelity",
    question="Do neighbouring motifs keep their distance and orientation?",
    better="lower",
    low=-1.0,
    high=1.0,
    unit="bits above chance",
    paper="Gupta 2023 (Polygraph), doi:10.1101/2023.11.27.568764",
    floor="shuffled",
    needs=[has_motifs],
    enough=some_near,
    limit=RECORDS,
)
def motif_spacing(comparison: Comparison) -> float:
    """Divergence of distance and orientation of two sites less its null bias, mean over the 50 most frequent pairs.

    Pairs of motifs count by their pairs of sites, of which the holdout must have 100. One with few in the
    synthetic set counts as evenly spread there.
    """
    scanner, holdout = scanner_of(comparison), comparison.holdout.root
    views = comparison.synthetic, comparison.holdout
    made, real = (spacings(view, holdout, scanner) for view in views)
    return weighted_divergence(made, real, spacings(holdout, holdout, scanner).sum(1))


def _scanner(train: View, motifs: Motifs) -> Scanner:
    counts = np.bincount(train.dataset.values.ravel(), minlength=4)[:4] + 1
    return Scanner(motifs, counts / counts.sum(), both_strands=sequence.alphabet(train).name == "dna")
