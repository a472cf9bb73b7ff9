"""Trains classifier.onnx, a small network that reads a printed digit or capital letter, or measures such a file.

    python train_classifier.py --out classifier.onnx
    python train_classifier.py --evaluate classifier.onnx

Its pictures are characters of fonts, distorted at random. Fonts that it is measured with are none that it was trained with.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

import data

# I and O are left out, as on many number plates: of most fonts' they cannot be told from 1 and 0.
LABELS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
SIDE = 32  # of what the network gets
GLYPH_SIDE = 96  # of a character as it is drawn, before distortion
GLYPH_HEIGHT = 60  # or width, whichever is larger
WIDTHS = (12, 20, 28, 40)


def draw_glyph(font, character):
    """[GLYPH_SIDE, GLYPH_SIDE] u8, ink 255 on 0, in the middle and as large as GLYPH_HEIGHT; None where there is none."""
    left, top, right, bottom = font.getbbox(character)
    if right <= left or bottom <= top:
        return None
    picture = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(picture).text((-left, -top), character, fill=255, font=font)
    scale = GLYPH_HEIGHT / max(picture.size)
    picture = picture.resize([max(1, round(n * scale)) for n in picture.size], Image.Resampling.BOX)
    square = Image.new("L", (GLYPH_SIDE, GLYPH_SIDE))
    square.paste(picture, [(GLYPH_SIDE - n) // 2 for n in picture.size])
    return np.asarray(square)


def draw_fonts(packages, cache):
    """Of all faces with the whole alphabet: glyphs [count, GLYPH_SIDE, GLYPH_SIDE] u8, classes [count], names of faces."""
    glyphs, faces = [], []
    for path in tqdm(data.font_paths(packages, cache), desc="fonts"):
        try:
            font = ImageFont.truetype(path, 120)
            drawn = [draw_glyph(font, character) for character in LABELS]
        except (OSError, ValueError):
            continue
        # A font without a character draws the same box for each.
        if any(glyph is None for glyph in drawn) or len({glyph.tobytes() for glyph in drawn}) < len(LABELS):
            continue
        glyphs += drawn
        faces.append(path.name)
    return np.stack(glyphs), np.tile(np.arange(len(LABELS)), len(faces)), faces


def distort(glyphs, strength, generator):
    """[count, 1, SIDE, SIDE] f32 from u8 glyphs: turned, sheared, stretched, moved, blurred, fainter, with noise.

    `strength` 0 leaves a clean character 20 pixels high, 1 is what the network is trained with.
    """
    import torch
    from torch.nn import functional

    count = len(glyphs)
    uniform = lambda low, high: (low + (high - low) * torch.rand(count, generator=generator)) * strength
    angle, shear = uniform(-0.22, 0.22), uniform(-0.2, 0.2)
    scale = torch.exp(uniform(-0.25, 0.25))
    stretch = torch.exp(uniform(-0.2, 0.2))
    rotation = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], -1).view(-1, 2, 2)
    shape = torch.stack([scale * stretch, shear, torch.zeros(count), scale / stretch], -1).view(-1, 2, 2)
    move = torch.stack([uniform(-0.14, 0.14), uniform(-0.14, 0.14)], -1)[..., None]
    drawn_size = (count, 1, SIDE * 2, SIDE * 2)
    places = functional.affine_grid(torch.cat([rotation @ shape, move], -1), drawn_size, align_corners=False)
    pictures = functional.grid_sample(glyphs[:, None].float() / 255, places, align_corners=False)
    # Thinner or thicker strokes for a part of them, then blur for a part.
    thickness = uniform(-1, 1)[:, None, None, None]
    thin = (pictures - functional.max_pool2d(-pictures, 3, 1, 1)) / 2
    thick = functional.max_pool2d(pictures, 3, 1, 1)
    pictures = torch.where(thickness < -0.6, thin, torch.where(thickness > 0.6, thick, pictures))
    blur = uniform(0, 1)[:, None, None, None]
    pictures = pictures + blur * (functional.avg_pool2d(pictures, 5, 1, 2) - pictures)
    pictures = functional.avg_pool2d(pictures, 2)
    ink = 1 - uniform(0, 0.5)[:, None, None, None]
    paper = uniform(0, 0.25)[:, None, None, None]
    noise = uniform(0, 0.12)[:, None, None, None] * torch.randn(pictures.shape, generator=generator)
    return (paper + (ink - paper) * pictures + noise).clamp(0, 1)


def make_network():
    from torch import nn

    steps = []
    for inner, outer in zip((1,) + WIDTHS, WIDTHS):
        steps += [nn.Conv2d(inner, outer, 3, padding=1, bias=False), nn.BatchNorm2d(outer), nn.ReLU(), nn.MaxPool2d(2)]
    steps[-1] = nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(*steps, nn.Flatten(), nn.Linear(WIDTHS[-1], len(LABELS)))


def train(options):
    import torch
    from torch.nn import functional

    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    glyphs, classes, faces = draw_fonts(data.TRAINING_FONTS, options.cache)
    glyphs, classes = torch.from_numpy(glyphs), torch.from_numpy(classes)
    network = make_network()
    print(f"{len(faces)} faces, {len(glyphs)} characters; {sum(p.numel() for p in network.parameters())} parameters")
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, options.rate, total_steps=options.steps, pct_start=0.1)
    progress = tqdm(range(1, options.steps + 1), mininterval=5)
    seen = right = 0
    for step in progress:
        chosen = torch.randint(len(glyphs), (options.batch,), generator=generator)
        scores = network(distort(glyphs[chosen], 1, generator))
        loss = functional.cross_entropy(scores, classes[chosen], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        seen += options.batch
        right += (scores.argmax(1) == classes[chosen]).sum().item()
        if step % 500 == 0:
            progress.write(f"step {step}: {right / seen:.2%} of the last {seen} training pictures right")
            seen = right = 0
    write_onnx(options.out, network.eval())
    print(f"{options.out}: {options.out.stat().st_size} bytes")


def write_onnx(path, network):
    import torch
    from onnx_graph import Graph

    graph = Graph()
    x = "character"
    for i in range(len(WIDTHS)):
        convolution, norm = network[4 * i], network[4 * i + 1]
        # A convolution and the normalization behind it are one convolution.
        factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weight = (convolution.weight * factor[:, None, None, None]).detach().numpy()
        bias = (norm.bias - norm.running_mean * factor).detach().numpy()
        x = graph.conv(x, f"conv_{i + 1}", weight, bias)
        x = graph.node("Relu", [x], f"relu_{i + 1}")
        if i + 1 < len(WIDTHS):
            x = graph.node("MaxPool", [x], f"pool_{i + 1}", kernel_shape=[2, 2], strides=[2, 2])
    x = graph.node("GlobalAveragePool", [x], "pool_all")
    x = graph.node("Flatten", [x], "flat", axis=1)
    x = graph.gemm(x, "scores", network[-1].weight.detach().numpy(), network[-1].bias.detach().numpy())
    graph.node("Softmax", [x], "probabilities", axis=1)
    graph.save(
        path,
        name="classifier",
        inputs={"character": (["batch", 1, SIDE, SIDE], "one character about 20 pixels high, ink 1 on paper 0")},
        outputs={"probabilities": (["batch", len(LABELS)], "of each label")},
        description="Reads one printed digit or capital letter; there are no I and O, which are read as 1 and 0.",
        metadata={"labels": ",".join(LABELS)},
    )


def evaluate(options):
    import onnxruntime
    import torch

    session = onnxruntime.InferenceSession(options.evaluate, providers=["CPUExecutionProvider"])
    labels = session.get_modelmeta().custom_metadata_map["labels"].split(",")
    generator = torch.Generator().manual_seed(options.seed + 1000)
    every = data.HELD_OUT_FONTS + data.HELD_OUT_HANDWRITING
    groups = {package: [package] for package in every} | {"all but handwriting": data.HELD_OUT_FONTS, "all": every}
    print(f"{'characters read right':34}    clean     half     full distortion")
    for title, packages in groups.items():
        glyphs, classes, faces = draw_fonts(packages, options.cache)
        figures = []
        for strength, rounds in ((0, 1), (0.5, 10), (1, 10)):
            wrong = np.zeros((len(labels), len(labels)), dtype=int)
            for _ in range(rounds):
                pictures = distort(torch.from_numpy(glyphs), strength, generator).numpy()
                answers = session.run(None, {"character": pictures})[0].argmax(1)
                np.add.at(wrong, (classes, answers), classes != answers)
            figures.append(1 - wrong.sum() / (rounds * len(glyphs)))
        print(f"{title:24}{len(faces):4} faces" + "".join(f"{f:9.2%}" for f in figures))
    confused = sorted(((wrong[a, b], f"{labels[a]} as {labels[b]}") for a, b in zip(*np.nonzero(wrong))), reverse=True)
    print("most often taken for another:", ", ".join(f"{text} ({count})" for count, text in confused[:8]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluate", metavar="FILE", help="measure FILE with the held-out fonts, train nothing")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "classifier.onnx")
    parser.add_argument("--cache", type=Path, default=data.DEFAULT_CACHE, help="folder for the unpacked packages")
    parser.add_argument("--steps", type=int, default=10000)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=1e-2, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    evaluate(options) if options.evaluate else train(options)


if __name__ == "__main__":
    main()
