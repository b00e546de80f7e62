"""The bill of materials of what is deployed, in CycloneDX 1.6 JSON: https://cyclonedx.org/docs/1.6/json/."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from functions.contract.version import RELEASED, VERSION
from shared.listening.bundle import Bundle
from tools.package.parts import Library, Vendored

NAME: Final = "speaker-recognition-functions"

_licence: Final = LicenseFactory().make_from_string


def sbom(libraries: Sequence[Library], models: Sequence[Bundle], page: Vendored) -> str:
    """The document; the same for the same parts, byte for byte."""
    app = Component(
        name=NAME, version=VERSION, type=ComponentType.APPLICATION, bom_ref=NAME, licenses=[_licence("Apache-2.0")]
    )
    installed = {library.name: _of_library(library) for library in libraries}
    carried = [*map(_of_model, models), _of_page(page)]
    bom = Bom(
        components=[*installed.values(), *carried],
        metadata=BomMetaData(component=app, timestamp=datetime.fromisoformat(f"{RELEASED}T00:00:00+00:00")),
        serial_number=uuid5(NAMESPACE_OID, repr((VERSION, libraries, models, page.version))),
    )
    bom.register_dependency(app, [*installed.values(), *carried])
    for library in libraries:
        needed = sorted(library.needs & installed.keys())
        bom.register_dependency(installed[library.name], [installed[name] for name in needed])
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _of_library(library: Library) -> Component:
    purl = PackageURL("pypi", name=library.name, version=library.version)
    return Component(
        name=library.name,
        version=library.version,
        bom_ref=purl.to_string(),
        purl=purl,
        licenses=[_licence(library.licence)],
    )


def _of_page(page: Vendored) -> Component:
    purl = PackageURL("npm", name=page.name, version=page.version)
    digest = sha256(page.file.read_bytes()).hexdigest()
    return Component(
        name=page.name,
        version=page.version,
        bom_ref=purl.to_string(),
        purl=purl,
        licenses=[_licence(page.licence)],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        description=f"{page.file.name} of the console, with Preact in it",
    )


def _of_model(model: Bundle) -> Component:
    files = [
        Component(
            name=name,
            type=ComponentType.FILE,
            bom_ref=f"models/{model.folder.name}/{name}",
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        )
        for name, digest in model.files.items()
    ]
    return Component(
        name=model.name,
        version=model.version,
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"models/{model.folder.name}",
        licenses=[_licence(model.licence)],
        description=f"made from {', '.join(map(str, model.sources))}",
        components=files,
    )
