"""Trains super_resolution.onnx, a small network that doubles a picture, or measures such a file against bicubic.

    python train_super_resolution.py --out super_resolution.onnx
    python train_super_resolution.py --evaluate super_resolution.onnx
"""

import argparse
import random
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

import data

# Pictures are made smaller first, which leaves no blur of the lens and no JPEG blocks: the longer side in pixels.
LONGER_SIDES = (1600, 800)
VALIDATION_SIDE = 800
BORDER = 4  # pixels at each edge that are not measured, as is customary


def load_picture(path, longer_side=None):
    """[height, width, 3] u8, both sizes even."""
    picture = Image.open(path).convert("RGB")
    if longer_side and max(picture.size) > longer_side:
        scale = longer_side / max(picture.size)
        picture = picture.resize([round(n * scale) for n in picture.size], Image.Resampling.LANCZOS)
    pixels = np.asarray(picture)
    return pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]


def resized(pixels, width, height, filter):
    return np.asarray(Image.fromarray(pixels).resize((width, height), filter))


def halved(pixels, filter=Image.Resampling.BICUBIC):
    """Half as large; Pillow's filters take in all pixels (antialiasing)."""
    return resized(pixels, pixels.shape[1] // 2, pixels.shape[0] // 2, filter)


def doubled_bicubic(pixels):
    return resized(pixels, pixels.shape[1] * 2, pixels.shape[0] * 2, Image.Resampling.BICUBIC)


def to_planes(pixels):
    """[1, 3, height, width] f32 from 0 to 1."""
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32) / 255


def to_pixels(planes):
    return np.rint(np.clip(planes[0], 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)


def luma(pixels):
    """Y of ITU-R BT.601, 16 to 235, as the papers on super-resolution have it."""
    return 16 + pixels @ np.array([65.481, 128.553, 24.966]) / 255


def psnr(truth, pixels):
    difference = (truth.astype(np.float64) - pixels.astype(np.float64))[BORDER:-BORDER, BORDER:-BORDER]
    return 10 * np.log10(255**2 / np.mean(difference**2))


# --- training ---------------------------------------------------------------------------------------------------------


class Patches:
    """Pairs of patches, [batch, 3, n, n] and [batch, 3, 2 n, 2 n], from random places of random pictures."""

    def __init__(self, paths, size, box_share, seed):
        self.random = random.Random(seed)
        self.size = size
        self.box_share = box_share
        self.pictures = []
        for path in tqdm(paths, desc="pictures"):
            for side in LONGER_SIDES:
                large = load_picture(path, side)
                self.pictures.append((large, halved(large), halved(large, Image.Resampling.BOX)))
        self.weights = [large.size for large, _, _ in self.pictures]

    def place(self):
        """A patch with something to see in it: of three, the one with the largest range of values."""
        candidates = []
        for large, bicubic, box in self.random.choices(self.pictures, self.weights, k=3):
            small = box if self.random.random() < self.box_share else bicubic
            y = self.random.randrange(small.shape[0] - self.size + 1)
            x = self.random.randrange(small.shape[1] - self.size + 1)
            patch = small[y : y + self.size, x : x + self.size]
            candidates.append((patch.std(), patch, large[2 * y :, 2 * x :][: 2 * self.size, : 2 * self.size]))
        return max(candidates, key=lambda candidate: candidate[0])[1:]

    def batch(self, count):
        pairs = []
        for _ in range(count):
            turns, flip, channels = self.random.randrange(4), self.random.random() < 0.5, self.random.sample(range(3), 3)
            pair = [np.rot90(patch[..., channels], turns) for patch in self.place()]
            pairs.append([patch[:, ::-1] if flip else patch for patch in pair])
        return [
            np.stack([patch.transpose(2, 0, 1) for patch in patches]).astype(np.float32) / 255 for patches in zip(*pairs)
        ]


def make_network(channels, layers):
    """`layers` convolutions of 3 by 3, and what they find is added to the picture that is interpolated linearly."""
    from torch import nn
    from torch.nn import functional

    class SuperResolution(nn.Module):
        def __init__(self):
            super().__init__()
            widths = [3] + [channels] * (layers - 1) + [12]
            self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(widths, widths[1:]))
            for convolution in self.convolutions:
                nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
                nn.init.zeros_(convolution.bias)
            self.convolutions[-1].weight.data *= 0.1

        def forward(self, picture):
            x = picture
            for convolution in self.convolutions[:-1]:
                x = functional.relu(convolution(x))
            detail = functional.pixel_shuffle(self.convolutions[-1](x), 2)
            return functional.interpolate(picture, scale_factor=2, mode="bilinear", align_corners=False) + detail

    return SuperResolution()


def validation_psnr(network, pictures):
    import torch

    with torch.no_grad():
        values = [psnr(large, to_pixels(network(torch.from_numpy(to_planes(small))).numpy())) for large, small in pictures]
    return float(np.mean(values))


def train(options):
    import torch
    from torch.nn import functional

    torch.manual_seed(options.seed)
    patches = Patches(
        data.picture_paths(data.TRAINING_PICTURES, options.cache), options.patch, options.box_share, options.seed
    )
    validation = []
    for path in data.picture_paths(data.VALIDATION_PICTURES, options.cache):
        large = load_picture(path, VALIDATION_SIDE)
        validation.append((large, halved(large)))
    bicubic = np.mean([psnr(large, doubled_bicubic(small)) for large, small in validation])

    network = make_network(options.channels, options.layers).to(memory_format=torch.channels_last)
    print(f"{sum(p.numel() for p in network.parameters())} parameters; validation by bicubic {bicubic:.2f} dB")
    optimizer = torch.optim.Adam(network.parameters(), lr=options.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, options.rate, total_steps=options.steps, pct_start=0.03)
    best, best_weights = 0.0, None
    progress = tqdm(range(1, options.steps + 1), mininterval=5)
    for step in progress:
        small, large = (torch.from_numpy(planes) for planes in patches.batch(options.batch))
        loss = functional.l1_loss(network(small.contiguous(memory_format=torch.channels_last)), large)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 0.5)
        optimizer.step()
        schedule.step()
        if step % options.validate_every == 0 or step == options.steps:
            value = validation_psnr(network, validation)
            if value > best:
                best = value
                best_weights = {name: p.detach().clone().contiguous().numpy() for name, p in network.named_parameters()}
            progress.write(f"step {step}: validation {value:.2f} dB, {value - bicubic:+.2f} over bicubic")
    write_onnx(options.out, best_weights, options.layers)
    print(f"{options.out}: {options.out.stat().st_size} bytes")


# --- the file ---------------------------------------------------------------------------------------------------------


def write_onnx(path, weights, layers):
    from onnx_graph import Graph

    graph = Graph()
    x = "picture"
    for i in range(layers - 1):
        x = graph.conv(x, f"conv_{i + 1}", weights[f"convolutions.{i}.weight"], weights[f"convolutions.{i}.bias"])
        x = graph.node("Relu", [x], f"relu_{i + 1}")
    last = layers - 1
    # PyTorch's pixel_shuffle and ONNX's CRD order channels alike.
    x = graph.conv(x, f"conv_{layers}", weights[f"convolutions.{last}.weight"], weights[f"convolutions.{last}.bias"])
    detail = graph.node("DepthToSpace", [x], "detail", blocksize=2, mode="CRD")
    scales = graph.constant("scales", np.array([1, 1, 2, 2], dtype=np.float32))
    base = graph.node("Resize", ["picture", "", scales], "base", mode="linear", coordinate_transformation_mode="half_pixel")
    sum = graph.node("Add", [base, detail], "sum")
    low = graph.constant("black", np.array(0, dtype=np.float32))
    high = graph.constant("white", np.array(1, dtype=np.float32))
    graph.node("Clip", [sum, low, high], "enlarged")
    graph.save(
        path,
        name="super_resolution",
        inputs={"picture": ([1, 3, "height", "width"], "red, green and blue as sRGB values, 0 to 1")},
        outputs={"enlarged": ([1, 3, "2*height", "2*width"], "the same, twice as high and wide")},
        description="Doubles a picture: convolutions find the detail that is added to linear interpolation.",
        metadata={"scale": "2", "colors": "sRGB, red green blue, 0 to 1"},
    )


# --- measurement ------------------------------------------------------------------------------------------------------


def evaluate(options):
    import onnxruntime

    session = onnxruntime.InferenceSession(options.evaluate, providers=["CPUExecutionProvider"])
    paths = data.held_out_picture_paths(options.cache)
    for title, filter in (("bicubic", Image.Resampling.BICUBIC), ("box", Image.Resampling.BOX)):
        print(f"pictures halved by the {title} filter; PSNR in dB, {BORDER} pixels at each edge left out")
        print(f"{'':22}{'RGB: bicubic':>13}{'model':>8}{'gain':>7}   {'luma: bicubic':>13}{'model':>8}{'gain':>7}")
        rows = []
        for path in paths:
            large = load_picture(path)
            small = halved(large, filter)
            candidates = [doubled_bicubic(small), to_pixels(session.run(None, {"picture": to_planes(small)})[0])]
            row = [psnr(large, c) for c in candidates] + [psnr(luma(large), luma(c)) for c in candidates]
            rows.append(row)
            print_row(path.name, row)
            if options.pictures and filter == Image.Resampling.BICUBIC:
                options.pictures.mkdir(parents=True, exist_ok=True)
                for suffix, pixels in zip(("bicubic", "model"), candidates):
                    Image.fromarray(pixels).save(options.pictures / f"{path.stem}_{suffix}.png")
        print_row("mean", np.mean(rows, axis=0))


def print_row(name, row):
    rgb_bicubic, rgb_model, luma_bicubic, luma_model = row
    print(
        f"{name:22}{rgb_bicubic:13.2f}{rgb_model:8.2f}{rgb_model - rgb_bicubic:+7.2f}   "
        f"{luma_bicubic:13.2f}{luma_model:8.2f}{luma_model - luma_bicubic:+7.2f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluate", metavar="FILE", help="measure FILE on the held-out pictures, train nothing")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="with --evaluate: write the enlarged pictures")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "super_resolution.onnx")
    parser.add_argument("--cache", type=Path, default=data.DEFAULT_CACHE, help="folder for the unpacked packages")
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--patch", type=int, default=40, help="side of a patch of the small picture")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--layers", type=int, default=7)
    parser.add_argument("--box-share", type=float, default=0.25, help="share of patches that are halved by the box filter")
    parser.add_argument("--validate-every", type=int, default=500, metavar="STEPS")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    evaluate(options) if options.evaluate else train(options)


if __name__ == "__main__":
    main()
