"""Motifs planted wrongly are caught by the metric for it, and not by those for other faults."""

import numpy as np
import pytest
from toys import MOTIFS, dataset, planted_values

from genomimic.comparison import compare
from genomimic.errors import UsageError
from genomimic.evaluation import check_motifs
from genomimic.evidence import EVIDENCE
from genomimic.metrics import METRICS

N = 1500
FAULTS = {
    "motif_frequency": {"often": 0.2},
    "motif_positions": {"place": 170},
    "motif_spacing": {"spaced": False},
    "motif_cooccurrence": {"together": False},
}


def compared(**fault):
    rng = np.random.default_rng(3)
    sets = [dataset(planted_values(N, rng, **wrong)) for wrong in ({}, {}, fault)]
    return compare(*sets, motifs=MOTIFS)


def worse(comparison, fresh):
    """By how much each metric is worse than for fresh real records."""
    metrics = [METRICS[name] for name in FAULTS]
    signs = [1 if metric.better == "lower" else -1 for metric in metrics]
    return {
        metric.name: sign * (metric.statistic(comparison) - metric.statistic(fresh))
        for metric, sign in zip(metrics, signs, strict=True)
    }


@pytest.mark.parametrize("wrong", FAULTS)
def test_each_fault_is_caught_by_its_metric_alone(wrong):
    fresh = compared()
    found = worse(compared(**FAULTS[wrong]), fresh)
    limits = {"motif_frequency": 0.15, "motif_positions": 0.05, "motif_spacing": 0.05, "motif_cooccurrence": 0.2}
    assert {name for name, value in found.items() if value > limits[name]} == {wrong}


def test_tables_put_the_fault_first():
    rare = EVIDENCE["motifs"].columns(compared(often=0.2))
    assert rare["motif"][0] == "CCATGG"
    assert rare["log2 ratio"][0] < -0.5
    assert rare["q"][0] < 1e-6
    apart = EVIDENCE["motif_pairs"].columns(compared(together=False))
    assert {apart["motif"][0], apart["other"][0]} == {"TGACGC", "AAGGTA"}
    loose = EVIDENCE["motif_spacing"].columns(compared(spaced=False))
    assert {loose["motif"][0], loose["other"][0]} == {"ACGTTC", "GATTAC"}
    assert loose["q"][0] < 1e-6


def test_tables_of_alike_sets_have_no_finds():
    fresh = compared()
    for name in ("motifs", "motif_pairs"):
        assert EVIDENCE[name].columns(fresh)["q"].min() > 0.01


def test_protein_has_no_motifs_of_dna():
    with pytest.raises(UsageError, match="motifs are looked for in dna or rna, and these data are protein; leave out"):
        check_motifs(MOTIFS, dataset([[0, 1, 2]], "protein"))
    check_motifs(MOTIFS, dataset([[0, 1, 2]], "rna"))
    check_motifs(None, dataset([[0, 1, 2]], "protein"))
