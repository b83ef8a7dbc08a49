"""Generators of others, for a Python with torch and d3-dna: `peers.py NAME TRAIN.npy SECONDS SEED N OUT.npy`.

d3-dna   discrete diffusion of the PyPI package d3-dna (its own model, loss and sampler), convolutional, 64 channels,
         settings of its K562 example but for a warm-up of 100 steps, so that a short training is not all warm-up
wgan-gp  Wasserstein GAN with gradient penalty as published for DNA (Gulrajani et al. 2017, Killoran et al. 2017):
         100 inputs, five residual blocks of 100 channels and 5 letters, x + 0.3 f(x), five critic steps, penalty 10,
         batch 64, Adam 0.0001 (0.5, 0.9); letters are the greatest of each softmax

SECONDS are processor seconds of training. Writes the samples (N x length, 0-3 for ACGT) and prints one JSON line:
seconds, processor seconds and steps of training, samples a second.
"""

import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn


class Began(NamedTuple):
    """A moment, by the clock and in processor seconds of this process."""

    clock: float
    cpu: float

    @classmethod
    def now(cls) -> "Began":
        return cls(time.monotonic(), time.process_time())

    def cpu_since(self) -> float:
        return time.process_time() - self.cpu

    def training(self, steps: int) -> dict[str, float]:
        return {"train_seconds": time.monotonic() - self.clock, "train_cpu": self.cpu_since(), "steps": steps}

    def sampling(self, n: int) -> dict[str, float]:
        took = time.monotonic() - self.clock
        return {"samples_a_second": n / took, "samples_a_cpu_second": n / self.cpu_since()}


def d3_dna(train: np.ndarray, seconds: float, seed: int, n: int) -> tuple[np.ndarray, dict[str, float]]:
    import pytorch_lightning as pl
    from d3_dna.models.diffusion import get_pc_sampler
    from d3_dna.modules.trainer import D3LightningModule
    from omegaconf import OmegaConf

    pl.seed_everything(seed)
    length = train.shape[1]
    config = OmegaConf.create(
        {
            "ngpus": 1,
            "tokens": 4,
            "dataset": {"num_classes": 4, "sequence_length": length, "signal_dim": 1},
            "graph": {"type": "uniform", "file": "data", "report_all": False},
            "noise": {"type": "geometric", "sigma_min": 1e-4, "sigma_max": 20},
            "model": {"architecture": "convolutional", "conv_channels": 64, "cond_dim": 64, "scale_by_sigma": False},
            "training": {"batch_size": 256, "accum": 1, "ema": 0.9999, "num_workers": 0},
            "eval": {"batch_size": 256},
            "sampling": {"predictor": "euler", "steps": 20, "noise_removal": True},
            "optim": {
                "optimizer": "AdamW",
                "lr": 3e-4,
                "beta1": 0.9,
                "beta2": 0.999,
                "eps": 1e-8,
                "weight_decay": 0,
                "warmup": 100,
                "grad_clip": 1.0,
            },
        }
    )
    data = torch.utils.data.TensorDataset(torch.from_numpy(train.astype(np.int64)), torch.zeros(len(train), 1))
    loader = torch.utils.data.DataLoader(data, batch_size=256, shuffle=True)
    module = D3LightningModule(config)
    began = Began.now()

    class Until(pl.Callback):
        def on_train_batch_end(self, trainer: pl.Trainer, *_: object) -> None:
            trainer.should_stop = began.cpu_since() > seconds

    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=-1,
        callbacks=[Until()],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
    )
    trainer.fit(module, loader)
    trained = began.training(trainer.global_step)
    model = module.score_model.eval()
    module.ema.copy_to(model.parameters())
    drawn, began = [], Began.now()
    while sum(map(len, drawn)) < n:
        many = min(256, n - sum(map(len, drawn)))
        sampler = get_pc_sampler(
            graph=module.graph,
            noise=module.noise,
            batch_dims=(many, length),
            predictor="euler",
            steps=20,
            denoise=True,
            device=torch.device("cpu"),
        )
        drawn.append(sampler(model, torch.zeros(many, 1)).cpu().numpy())
    return np.concatenate(drawn), trained | began.sampling(n)


class Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        convolutions = [nn.Conv1d(channels, channels, 5, padding=2) for _ in range(2)]
        self.body = nn.Sequential(nn.ReLU(), convolutions[0], nn.ReLU(), convolutions[1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 0.3 * self.body(x)


class Generator(nn.Module):
    def __init__(self, length: int, channels: int = 100, latent: int = 100) -> None:
        super().__init__()
        self.length, self.channels, self.latent = length, channels, latent
        self.first = nn.Linear(latent, length * channels)
        self.blocks = nn.Sequential(*(Block(channels) for _ in range(5)))
        self.last = nn.Conv1d(channels, 4, 1)

    def forward(self, n: int) -> torch.Tensor:
        x = self.first(torch.randn(n, self.latent)).view(n, self.channels, self.length)
        return torch.softmax(self.last(self.blocks(x)), 1)


class Critic(nn.Module):
    def __init__(self, length: int, channels: int = 100) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(4, channels, 1), *(Block(channels) for _ in range(5)), nn.Flatten())
        self.last = nn.Linear(length * channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.body(x))


def wgan_gp(train: np.ndarray, seconds: float, seed: int, n: int) -> tuple[np.ndarray, dict[str, float]]:
    torch.manual_seed(seed)
    real = nn.functional.one_hot(torch.from_numpy(train.astype(np.int64)), 4).float().transpose(1, 2)
    generator, critic = Generator(train.shape[1]), Critic(train.shape[1])
    ways = [torch.optim.Adam(net.parameters(), 1e-4, (0.5, 0.9)) for net in (generator, critic)]
    began, steps = Began.now(), 0
    while began.cpu_since() < seconds:
        for _ in range(5):
            x, fake = real[torch.randint(len(real), (64,))], generator(64).detach()
            mixed = (x + torch.rand(64, 1, 1) * (fake - x)).requires_grad_(True)
            slope = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)[0].flatten(1).norm(dim=1)
            loss = critic(fake).mean() - critic(x).mean() + 10 * ((slope - 1) ** 2).mean()
            ways[1].zero_grad()
            loss.backward()
            ways[1].step()
        ways[0].zero_grad()
        (-critic(generator(64)).mean()).backward()
        ways[0].step()
        steps += 1
    trained, began = began.training(steps), Began.now()
    with torch.no_grad():
        drawn = np.concatenate([generator(256).argmax(1).numpy() for _ in range(-(-n // 256))])[:n]
    return drawn, trained | began.sampling(n)


def main(name: str, train: str, seconds: str, seed: str, n: str, out: str) -> None:
    make = {"d3-dna": d3_dna, "wgan-gp": wgan_gp}[name]
    drawn, said = make(np.load(train), float(seconds), int(seed), int(n))
    np.save(Path(out), drawn.astype(np.int8))
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
