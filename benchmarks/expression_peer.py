"""SCVI of scvi-tools, for a Python that has it: `expression_peer.py TRAIN.npy HOLDOUT.npy SECONDS SEED N OUT.npy`.

Defaults of scvi-tools; trained for so many seconds by the clock, on the same cells, genes and cores as ours. Writes N
cells drawn from the prior, each with the library size of a training cell drawn at random, and prints one JSON line:
epochs, seconds, epochs a second, and the importance-weighted bound (1,000 draws) of log p(x | library size) in nats a
cell on the holdout. SCVI keeps a tenth of the cells for itself to validate by; an epoch a second is as many cells as
there are in TRAIN, seen in a second, from the end of SCVI's first epoch on.
"""

import json
import sys
import time
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

import anndata  # noqa: E402
import numpy as np  # noqa: E402
import scvi  # noqa: E402
import torch  # noqa: E402
from lightning.pytorch.callbacks import Callback  # noqa: E402

SHARE = 0.9
"""Of the cells that SCVI learns from: its default."""


def main(train: str, holdout: str, seconds: str, seed: str, n: str, out: str) -> None:
    scvi.settings.seed = int(seed)
    cells = {name: anndata.AnnData(np.load(path).astype(np.float32)) for name, path in (("a", train), ("b", holdout))}
    scvi.model.SCVI.setup_anndata(cells["a"])
    model = scvi.model.SCVI(cells["a"])
    began, ends = time.monotonic(), []

    class Until(Callback):
        def on_train_epoch_end(self, trainer: object, module: object) -> None:
            ends.append(time.monotonic())
            trainer.should_stop = ends[-1] - began > float(seconds)  # pyright: ignore

    model.train(
        max_epochs=100_000,
        accelerator="cpu",
        callbacks=[Until()],
        enable_progress_bar=False,
        train_size=SHARE,
        logger=False,
    )
    took, epochs = time.monotonic() - began, len(ends)
    pace = SHARE * (epochs - 1) / (ends[-1] - ends[0]) if epochs > 1 else SHARE / took
    bound = float(torch.as_tensor(model.get_marginal_ll(cells["b"], n_mc_samples=1000, return_mean=False)).mean())
    x = np.load(train)
    rng = np.random.default_rng(int(seed))
    library = torch.tensor(np.log(x.sum(1)[rng.integers(len(x), size=int(n))]), dtype=torch.float32)[:, None]
    module = model.module.eval()
    with torch.no_grad():
        z = torch.randn(int(n), module.n_latent)
        made = module.generative(z=z, library=library, batch_index=torch.zeros(int(n), 1))
        np.save(Path(out), made["px"].sample().numpy().astype(np.int32))
    print(json.dumps({"epochs": epochs, "seconds": took, "epochs_a_second": pace, "bound_nats": bound}))


if __name__ == "__main__":
    main(*sys.argv[1:])
