"""Where the pictures and fonts come from: Debian packages, unpacked into a cache folder without being installed.

Nothing of them is part of the repository. `python data.py --cache FOLDER` fetches all of them (about 160 MB); the training
scripts fetch what they need by themselves. Needs apt-get and dpkg-deb, and `apt-get update` once.
"""

import argparse
import subprocess
from pathlib import Path

from tqdm import tqdm

DEFAULT_CACHE = Path.home() / ".cache" / "airstrip-models"

# Debian package -> pictures of it that are used.
TRAINING_PICTURES = {
    "lomiri-wallpapers-16.04": [
        "Bridge_by_Sander_Klootwijk.jpg",
        "Dragonfly_by_Bolly.jpg",
        "Picture_0B_by_freespace.jpg",
        "Picture_1A_by_freespace.jpg",
        "Wine_by_Jakkub_Mede.jpg",
        "aitzgorri_by_Aitzol_Berasategi.jpg",
        "free_by_Peter_Nerlich.jpg",
        "greentock_by_Peter_Nerlich.jpg",
        "life_by_Aitzol_Berasategi.jpg",
        "seeding_by_Clements_Engelhardt.jpg",
        "sunset_by_Aitzol_Berasategi.jpg",
    ],
    "lomiri-wallpapers-20.04": ["Kleiber_by_Lukas_Baubkus.jpg", "Painting-Colors_by__herobrine7gamer.jpg"],
    "lxqt-themes": [
        "Butterfly-Kenneth-Wimer.jpg",
        "after-the-rain.jpg",
        "appleflower.png",
        "butterfly.png",
        "this-is-not-windows.jpg",
    ],
    "mate-backgrounds": [
        "Elephants.jpg",
        "Aqua.jpg",
        "Blinds.jpg",
        "Dune.jpg",
        "FreshFlower.jpg",
        "Garden.jpg",
        "GreenMeadow.jpg",
        "RainDrops.jpg",
        "Storm.jpg",
        "TwoWings.jpg",
        "YellowFlower.jpg",
    ],
}
# The best step of a training is chosen by these.
VALIDATION_PICTURES = {
    "lomiri-wallpapers-16.04": ["friends_by_Aitzol_Berasategi.jpg", "picosdeeuropa_by_Aitzol_Berasategi.jpg"],
    "lxqt-themes": ["flowers.png"],
    "mate-backgrounds": ["LadyBird.jpg"],
}
# Only measured with, at the end.
HELD_OUT_PICTURES = {
    "python3-sklearn": ["china.jpg", "flower.jpg"],
    "python-matplotlib-data": ["grace_hopper.jpg"],
}
# The same, from the wheel of scikit-image.
HELD_OUT_SKIMAGE = ["astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png"]

# Whole families are on one side only: fonts of one design under several names (Liberation and Croscore, Lato and Carlito,
# URW, TeX Gyre and FreeFont) are all in the first list.
TRAINING_FONTS = [
    "fonts-adf-baskervald",
    "fonts-adf-gillius",
    "fonts-adf-libris",
    "fonts-adf-romande",
    "fonts-adf-universalis",
    "fonts-averia-gwf",
    "fonts-bebas-neue",
    "fonts-breip",
    "fonts-bwht",
    "fonts-cabin",
    "fonts-clear-sans",
    "fonts-comfortaa",
    "fonts-crosextra-caladea",
    "fonts-crosextra-carlito",
    "fonts-croscore",
    "fonts-dancingscript",
    "fonts-dejavu-core",
    "fonts-dustin",
    "fonts-ebgaramond",
    "fonts-ecolier-court",
    "fonts-fanwood",
    "fonts-firacode",
    "fonts-freefont-ttf",
    "fonts-hack",
    "fonts-humor-sans",
    "fonts-inconsolata",
    "fonts-inter",
    "fonts-jura",
    "fonts-kaushanscript",
    "fonts-lato",
    "fonts-league-spartan",
    "fonts-liberation2",
    "fonts-linuxlibertine",
    "fonts-lobstertwo",
    "fonts-manrope",
    "fonts-mononoki",
    "fonts-monofur",
    "fonts-ocr-a",
    "fonts-open-sans",
    "fonts-opendyslexic",
    "fonts-osifont",
    "fonts-paratype",
    "fonts-prociono",
    "fonts-quicksand",
    "fonts-roadgeek",
    "fonts-roboto-unhinted",
    "fonts-rufscript",
    "fonts-sil-charis",
    "fonts-sora",
    "fonts-texgyre",
    "fonts-tiresias",
    "fonts-tomsontalks",
    "fonts-urw-base35",
    "fonts-yanone-kaffeesatz",
]
HELD_OUT_FONTS = [
    "fonts-b612",
    "fonts-cantarell",
    "fonts-comic-neue",
    "fonts-courier-prime",
    "fonts-dosis",
    "fonts-go",
    "fonts-jetbrains-mono",
    "fonts-junction",
    "fonts-karla",
    "fonts-national-park",
    "fonts-oldstandard",
    "fonts-opendin",
    "fonts-play",
    "fonts-quattrocento",
    "fonts-sil-andika",
    "fonts-tuffy",
    "fonts-vollkorn",
]
HELD_OUT_HANDWRITING = ["fonts-dkg-handwriting", "fonts-femkeklaver"]  # fonts that imitate it


def unpacked_package(package: str, cache: Path) -> Path:
    """The folder with the files of a Debian package, which is downloaded and unpacked if it is not there."""
    folder = cache / package
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", "-qq", package], cwd=cache, check=True, stderr=subprocess.DEVNULL)
    archive = next(cache.glob(f"{package}_*.deb"))
    partial = cache / f"{package}.partial"
    subprocess.run(["dpkg-deb", "-x", archive, partial], check=True)
    partial.rename(folder)
    archive.unlink()
    return folder


def unpack_packages(packages, cache: Path) -> list[Path]:
    missing = [p for p in packages if not (cache / p).is_dir()]
    for package in tqdm(missing, desc="packages", disable=not missing):
        unpacked_package(package, cache)
    return [cache / p for p in packages]


def picture_paths(pictures: dict[str, list[str]], cache: Path) -> list[Path]:
    paths = []
    for folder, names in zip(unpack_packages(pictures, cache), pictures.values()):
        paths += [next(p for p in sorted(folder.rglob(name)) if p.is_file()) for name in names]
    return paths


def held_out_picture_paths(cache: Path) -> list[Path]:
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    return picture_paths(HELD_OUT_PICTURES, cache) + [folder / name for name in HELD_OUT_SKIMAGE]


def font_paths(packages: list[str], cache: Path) -> list[Path]:
    paths = []
    for folder in unpack_packages(packages, cache):
        paths += sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".ttf", ".otf") and p.is_file())
    return paths


def main():
    parser = argparse.ArgumentParser(description="Fetches the Debian packages that the models are trained and measured with.")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="folder for the unpacked packages")
    cache = parser.parse_args().cache
    groups = [TRAINING_PICTURES, VALIDATION_PICTURES, HELD_OUT_PICTURES, TRAINING_FONTS, HELD_OUT_FONTS, HELD_OUT_HANDWRITING]
    unpack_packages(list(dict.fromkeys(p for group in groups for p in group)), cache)


if __name__ == "__main__":
    main()
