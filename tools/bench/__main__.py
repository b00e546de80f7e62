"""``python -m tools.bench``: every figure in one run, on the screen and in ``out/bench.json``."""

import json
from dataclasses import asdict

from shared.settings import ROOT
from tools.bench import embedding, service


def main() -> None:
    """Measure, print, write."""
    speeds, footprint, figures = embedding.speeds(), embedding.footprint(), service.measure()
    rows = [
        *(
            (
                f"embedding {s.seconds} s (sherpa-onnx {s.sherpa_ms:.1f} ms)",
                f"{s.ours_ms:.1f} ms",
                f"x{s.ratio:.2f} faster",
            )
            for s in speeds
        ),
        ("models loaded and checked", f"{footprint.load_sec:.2f} s", ""),
        *figures.rows(),
    ]
    print()
    for name, figure, bound in rows:
        print(f"{name:48}{figure:>24}   {bound}")
    file = ROOT / "out" / "bench.json"
    file.parent.mkdir(exist_ok=True)
    document = {"embedding": [asdict(s) for s in speeds], "footprint": asdict(footprint), "service": asdict(figures)}
    file.write_text(json.dumps(document, indent=2))
    print(f"\nwritten to {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
