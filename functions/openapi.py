"""The API's description in OpenAPI 3.1, made from the table of operations."""

from typing import Final

import azure.functions as func

from functions.contract import schemas
from functions.contract.operations import Operation, spoken
from functions.contract.wire import DIALECTS, Dialect, Json
from functions.plumbing.http import guarded, reply
from functions.plumbing.origin import origin
from shared.voices.families import FAMILIES, Family

blueprint = func.Blueprint()

_SECURITY: Final[Json] = {
    "key": {"type": "apiKey", "in": "header", "name": "Ocp-Apim-Subscription-Key"},
    "keyInQuery": {"type": "apiKey", "in": "query", "name": "subscription-key"},
    "token": {"type": "http", "scheme": "bearer", "description": "where App Service authentication is switched on"},
}
_BODIES: Final[Json] = {
    "audio": {
        "audio/wav": {},
        "*/*": {},
    },
    "locale": {"application/json": {"schema": schemas.LOCALE}},
}


@blueprint.function_name("OpenApi")
@blueprint.route(route="openapi.json", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def openapi(req: func.HttpRequest) -> func.HttpResponse:
    """200 with the description. Needs no key."""
    return guarded("OpenApi", req, lambda: reply(200, document(origin(req.url, req.headers))))


def document(server: str) -> Json:
    """The description of the service at ``server``."""
    paths: dict[str, Json] = {}
    for operation, dialect in spoken():
        for family in operation.families(dialect):
            path = paths.setdefault(_path(operation, dialect, family), {})
            path[operation.method.lower()] = _described(operation, dialect, family)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Speaker Recognition", "version": DIALECTS[0].version},
        "servers": [{"url": server}],
        "security": [{name: []} for name in _SECURITY],
        "paths": paths,
        "components": {"schemas": _schemas(), "responses": {"Error": _error()}, "securitySchemes": _SECURITY},
    }


def _path(operation: Operation, dialect: Dialect, family: Family) -> str:
    base = dialect.base.format(mode=family.mode, dependency=family.dependency)
    return f"/{base}{operation.path(dialect)}"


def _described(operation: Operation, dialect: Dialect, family: Family) -> Json:
    responses = {str(status): {"$ref": "#/components/responses/Error"} for status in operation.errors()}
    body = {"requestBody": {"required": True, "content": _BODIES[operation.body]}} if operation.body else {}
    return {
        "operationId": f"{operation.function(dialect)}-{family.name}",
        "summary": operation.summary,
        "tags": [family.name],
        "parameters": _parameters(operation, dialect, family),
        **body,
        "responses": {str(operation.success(dialect)): _response(operation, dialect, family), **responses},
    }


def _parameters(operation: Operation, dialect: Dialect, family: Family) -> list[Json]:
    in_path = [name for name in ("profileId", "locale") if f"{{{name}}}" in operation.path(dialect)]
    paged = {dialect.page_size: schemas.PAGE_SIZE, dialect.token: schemas.TEXT} if operation.paged else {}
    named = {name: schemas.PARAMETERS[name] for name in operation.query if _heeds(family, name)}
    version = {"api-version": {"const": dialect.api_version}} if dialect.api_version else {}
    return [
        *({"name": name, "in": "path", "required": True, "schema": schemas.TEXT} for name in in_path),
        *({"name": name, "in": "query", "schema": schema} for name, schema in {**paged, **named}.items()),
        *({"name": name, "in": "query", "required": True, "schema": schema} for name, schema in version.items()),
    ]


def _heeds(family: Family, parameter: str) -> bool:
    return family.minimum_can_be_waived or parameter != "ignoreMinLength"


def _response(operation: Operation, dialect: Dialect, family: Family) -> Json:
    if operation.result is None or operation.success(dialect) == 204:
        return {"description": "Done"}
    schema = schemas.reference(dialect, family, operation.result)
    return {"description": operation.summary, "content": {"application/json": {"schema": schema}}}


def _error() -> Json:
    return {
        "description": "What is wrong, what was measured, and what is allowed: see docs/errors.md",
        "headers": {"x-ms-error-code": {"schema": schemas.TEXT}},
        "content": {"application/json": {"schema": schemas.ERROR}},
    }


def _schemas() -> dict[str, Json]:
    return {
        schemas.title(dialect, family, name): schema
        for dialect in DIALECTS
        for family in FAMILIES.values()
        for name, schema in schemas.results(dialect, family).items()
    }
