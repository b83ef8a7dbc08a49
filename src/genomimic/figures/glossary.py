"""Words that reports use, with their meaning, in sentences for people who meet them for the first time."""

from collections.abc import Mapping

COMMON: Mapping[str, str] = {
    "AUC": (
        "Area under the curve: how often a classifier ranks a random synthetic record above a random real one. "
        "0.5 is guessing, 1 always right."
    ),
    "Ceiling": (
        "What fresh real data score when they are judged in the place of synthetic data, at the same number of "
        "records. The best that can be asked for."
    ),
    "Discriminator, D(x)": "The part of a GAN that judges whether a record is real; D(x) is its answer for record x.",
    "Diversity": "How varied the synthetic records are, and whether they cover all that real ones do.",
    "False discovery rate": "The share of false alarms among all rows that are called different.",
    "Fidelity": "How much the synthetic records resemble real ones.",
    "Floor": (
        "What a simple baseline scores, at the same number of records. A model should at least do better than that."
    ),
    "Frechet distance": (
        "How far the means and spreads of two clouds of points are apart, each cloud taken as a bell shape; 0 "
        "when they are equal."
    ),
    "Holdout": "Real records that no model has seen, kept for judging.",
    "Interval": (
        "A range made so that, in 95 of 100 repetitions with other samples of the same data, it holds the mean of "
        "the score over all of them (estimated from random halves of the data)."
    ),
    "Jensen-Shannon divergence": (
        "How far two sets of frequencies are apart: 0 when they are equal, 1 bit when they have nothing in "
        "common. About what chance adds is taken off, so that it can be a little below 0; where words are rare, "
        "fresh real data stay above 0."
    ),
    "Latent space": (
        "The numbers by which a VAE describes a record; new records are decoded from random points in it. A unit "
        "with no KL divergence says nothing about its record."
    ),
    "Log2 ratio": "How many times more frequent: 1 is twice, -1 is half, 0 is equal.",
    "Membership inference": (
        "Guessing whether a real record was in the training data, from how near synthetic records come to it. No "
        "better than chance is what a generator reaches that has copied nothing; it is no proof of privacy."
    ),
    "MMD": (
        "Maximum mean discrepancy: how far two sets are apart by their average similarity within and between the "
        "sets; 0 when they are drawn alike."
    ),
    "Novelty": "How far the synthetic records are more than copies of the training data.",
    "PRDC": (
        "Precision, recall, density and coverage: shares of synthetic records among the neighbours of real ones, "
        "and of real ones among the neighbours of synthetic ones."
    ),
    "q-value": "The false discovery rate when this row and all with a smaller q are called different.",
    "Resolved": (
        "Whether floor and ceiling can be told apart with this many records. If not, the score has no skill and "
        "is not counted; more data may help. Scores of likelihood have no skill at any size: read them beside the "
        "baselines."
    ),
    "Skill": (
        "(floor \N{MINUS SIGN} value) / (floor \N{MINUS SIGN} ceiling): 0 is as good as the floor, 1 as good as "
        "fresh real data, below 0 worse than the floor. It is not cut off at either end."
    ),
    "Two-sample AUC": (
        "How well a classifier that was trained for it tells synthetic from real records: 0.5 is pure guessing, 1 "
        "is always right. Clearly below 0.5 is a sign that synthetic records repeat real ones."
    ),
    "Undecided": (
        "A resolved score whose interval holds both the floor and fresh real data, so that it says nothing either way."
    ),
    "Vendi score": "The number of clearly different records that a set amounts to, by how alike its records are.",
}
"""Words of all reports."""

SEQUENCES: Mapping[str, str] = {
    "Alignment": (
        "Two sequences written under each other so that as few letters as possible differ. Data are aligned when "
        "position 1 of every record means the same place."
    ),
    "Baseline": (
        "A simple generator fitted to the same training data: uniform letters, composition (letter frequencies), "
        "PWM (letter frequencies at each position), Markov chain (each letter depends on the letters before it), "
        "position-specific Markov chain (the same at each position). A model that does not beat them is not worth "
        "its cost."
    ),
    "Connected correlation": (
        "How much more often two letters at two positions come together than their own frequencies explain."
    ),
    "Copy": (
        "A synthetic record that is also in the training set, on either strand; a near copy differs in a few letters."
    ),
    "Edit distance": "The least number of letters to replace, add or remove to turn one sequence into another.",
    "GC content": "The share of letters that are G or C.",
    "Homology cluster": (
        "Records that share a long enough word on either strand and so are probably related. Whole clusters go to "
        "one side of the split, else memory would pass for skill."
    ),
    "k-mer": "A word of k letters within a sequence.",
    "Logo": (
        "A drawing of an alignment: the height of a stack is the information at that position, the letters share "
        "it by their frequency."
    ),
}
"""Words of reports on sequences."""

CELLS: Mapping[str, str] = {
    "Baseline": (
        "A simple generator fitted to the same training data: every gene drawn by itself, a Gaussian copula "
        "(genes with their own distributions and their correlations), or for continuous values a Gaussian of "
        "principal components. A model that does not beat them is not worth its cost."
    ),
    "Cell": "A record: the values of all genes in one cell, or in one sample of many cells.",
    "Copy": "A synthetic cell that is also in the training set, with the same value of every gene.",
    "Detected gene": "A gene with at least one count in a cell.",
    "Dropout": "A gene without a count in a cell, whether it was silent there or was missed.",
    "Jensen-Shannon divergence": (
        "How far two sets of frequencies are apart: 0 when they are equal, 1 bit when they have nothing in common. "
        "About what chance adds is taken off, so that it can be a little below 0."
    ),
    "Library size": "The sum of a cell's counts: how much of the cell was read, more than what it is.",
    "Log expression": (
        "log(1 + counts per 10,000) of a gene in a cell, so that cells of different library sizes can be "
        "compared; continuous values stand as they are."
    ),
    "Log-fold change": "The mean log expression of a gene in one cell type less that in all others.",
    "Marker gene": "A gene whose log-fold change in a cell type is among the largest.",
    "Mixing (LISI)": (
        "How many kinds of cells, real and synthetic, are found among a cell's nearest neighbours: 2 where they "
        "are mixed, 1 where they lie apart."
    ),
    "Principal components": (
        "The directions in which cells differ most, as sums of genes; they are found in training cells."
    ),
    "Slope": (
        "How strong something is in synthetic cells where it is 1 in real ones: below 1 is too weak. Chance alone "
        "keeps that of fresh real data below 1, too."
    ),
}
"""Words of reports on gene expression."""
