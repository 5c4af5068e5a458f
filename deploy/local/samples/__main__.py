"""`python -m deploy.local.samples FOLDER`: writes the sample documents with their true texts beside them."""

import argparse
from pathlib import Path

from deploy.local.samples.render import render_samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for sample in render_samples(arguments.folder, arguments.seed):
        sample.path.with_suffix(".txt").write_text("\n\f\n".join(sample.pages), "utf-8")
        print(f"{sample.path}  {sample.media_type}  {sample.metadata.title}")


if __name__ == "__main__":
    main()
