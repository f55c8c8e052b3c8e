"""All rows, by kind."""

from tests.bad_inputs import arrays, documents, images, settings, tables, zips
from tests.bad_inputs.case import Bad

TABLE: dict[str, tuple[Bad, ...]] = {
    "zips": zips.CASES,
    "images": images.CASES,
    "arrays": arrays.CASES,
    "tables": tables.CASES,
    "settings": settings.CASES,
    "documents": documents.CASES,
}
