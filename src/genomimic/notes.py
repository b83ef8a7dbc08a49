"""What each count of `Dataset.notes` means, in a sentence."""

NOTES = {
    "cells_in_rows": "Rows of the table: read as cells, columns as genes (if not so: --orientation genes-by-cells).",
    "cells_without_counts": "Cells without any count in the genes that were chosen: left out.",
    "cells_without_values": "Cells without any value in the genes that were chosen: left out.",
    "counts_elsewhere": "Values read are not whole numbers, but {0} holds raw counts: to read these, --layer {0}.",
    "features_not_genes": "Features that are not gene expression (antibodies, peaks, guides): left out.",
    "gene_columns_left_out": "Columns of text beside the names of genes: not kept.",
    "genes_constant": "Genes with one value in all cells: left out.",
    "genes_in_rows": "Rows of the table: read as genes, columns as cells (if not so: --orientation cells-by-genes).",
    "genes_named_with_id": "Genes that share their name with another: named by name and id.",
    "genes_never_seen": "Genes without any count or value in any cell: left out.",
    "genes_not_variable": "Genes that vary less than those that were chosen (--genes): left out.",
    "genes_not_wanted": "Genes of the file that are not among those asked for: left out.",
    "ids_made_unique": "Names that stood before: a number was added to each.",
    "ids_missing": "Records without a name: each was named by its number in the file.",
    "labels_missing": "Labels that a record lacks while others have them: read as empty.",
    "letters_lower_case": "Lower-case letters: read as upper case.",
    "letters_t_read_as_u": "T in data said to be RNA: read as U.",
    "letters_u_read_as_t": "U in data said to be DNA: read as T.",
    "letters_unknown": "Letters that name no single base or residue (N, R, X): read as unknown, and never learned.",
    "lines_blank": "Blank lines: passed over.",
    "lines_crlf": "Lines that end as on Windows (CR LF): read as any other line.",
    "obs_columns_left_out": "Columns of obs with continuous numbers: not kept, since labels name groups.",
    "qualities_left_out": "FASTQ records: their qualities were not kept.",
    "read_as_continuous": "Values that are negative or not whole: the matrix was read as continuous, not as counts.",
    "read_as_counts": "Values, whole and none negative: read as raw counts (if not so: --modality continuous).",
    "records_padded": "Sequences shorter than the longest: filled up with padding behind their end.",
    "records_shorter_than_window": "Records shorter than one window: left out.",
    "records_too_ambiguous": "Sequences with too large a share of unknown letters: left out.",
    "stops_dropped": "Protein sequences that end in a stop (*): the stop was taken off.",
    "values_missing": "Values that are missing: read as not known, and never learned.",
    "windows_partial": "Last windows of a record that were not full: left out.",
}
"""One sentence for each count that `Dataset.notes` may hold."""


def explain(note: str) -> str:
    """The sentence for a count, which a name may follow.

    >>> explain("counts_elsewhere raw")[-24:]
    'read these, --layer raw.'
    """
    name, _, detail = note.partition(" ")
    return NOTES.get(name, name.replace("_", " ")).format(detail)
