"""Names of metrics in words, for people."""

import re

NAMES = {
    "adversarial_accuracy_synthetic": "Adversarial accuracy, synthetic half",
    "adversarial_accuracy_truth": "Adversarial accuracy, real half",
    "cell_type_f1": "Cell types learned from synthetic cells, F1",
    "detected_genes": "Detected genes",
    "fold_change_correlation": "Log-fold changes of cell types, correlation",
    "fold_change_slope": "Log-fold changes of cell types, slope",
    "gene_correlation": "Gene-gene correlations",
    "gene_correlation_slope": "Gene-gene correlations, slope",
    "gene_zeros": "Zeros of genes",
    "kernel_mmd": "Kernel MMD",
    "marker_overlap": "Overlap of marker genes",
    "mean_dropout": "Mean-dropout curve",
    "mean_variance": "Mean-variance curve",
    "mixing": "Mixing of real and synthetic cells",
    "membership_auc": "Membership inference AUC",
    "membership_auc_likelihood": "Membership inference AUC by likelihood",
    "membership_tpr": "Membership inference at 1% false alarms",
    "near_excess": "Excess of records near training data",
    "substring_copies": "Copied stretches",
    "motif_cooccurrence": "Motif co-occurrence",
    "higher_order_r20": "Words at several positions (r20)",
    "kmer_surprise": "Over- and under-represented words",
    "position_dinucleotide_js": "Position-specific dinucleotide JS divergence",
    "spectrum_mmd": "Spectrum MMD",
    "dcr_share": "Nearer to training than to fresh data",
    "judged_accuracy": "Classes as a judge sees them",
    "judged_correlation": "Labels as a judge ranks them",
    "judged_slope": "Labels as a judge sees them, slope",
    "transfer_accuracy": "Classes learned from synthetic sequences, accuracy",
    "transfer_correlation": "Labels learned from synthetic sequences, correlation",
    "two_sample_auc_cnn": "Two-sample AUC of a convolutional classifier",
    "two_sample_auc_forest": "Two-sample AUC of a random forest",
    "two_sample_auc_linear": "Two-sample AUC of a linear classifier",
}
WORDS = {"auc": "AUC", "dcr": "DCR", "gc": "GC", "js": "JS divergence", "kmer": "k-mer", "pwm": "PWM"}


def title_of(metric: str) -> str:
    """Name of a metric in words.

    >>> title_of("kmer_js_6"), title_of("two_sample_auc_linear")
    ('K-mer JS divergence, k = 6', 'Two-sample AUC of a linear classifier')
    """
    if metric in NAMES:
        return NAMES[metric]
    words = [
        WORDS.get(word, word) for word in re.sub(r"_\d+$", "", metric).replace("two_sample", "two-sample").split("_")
    ]
    length = re.search(r"_(\d+)$", metric)
    title = " ".join(words) + (f", k = {length[1]}" if length else "")
    return title[0].upper() + title[1:]
