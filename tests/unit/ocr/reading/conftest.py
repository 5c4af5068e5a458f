from pathlib import Path

import pytest

from deploy.local.samples.render import Sample, render_samples


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    """The sample documents by kind."""
    drawn: list[Sample] = render_samples(Path(tmp_path_factory.mktemp("samples")))
    return {sample.kind: sample for sample in drawn}
