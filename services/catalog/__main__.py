"""`python -m services.catalog api | relay | worker NAME | loop NAME | import | match | authorities | dump`.

Without words it names all. Each loads what it needs: an import begins in half the time that the roles take to start.
"""

import sys

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["import", *words]:
            from services.catalog.imports import command as importing
            from services.catalog.indexes import ensure_indexes

            sys.exit(importing.run(words, ensure_indexes))
        case ["match", *words]:
            from services.catalog.union import command as matching

            sys.exit(matching.run(words))
        case ["authorities"]:
            from services.catalog.authorities import ready
            from services.catalog.indexes import ensure_indexes

            sys.exit(ready.run(ensure_indexes))
        case ["dump"]:
            from functools import partial

            from services.catalog.app import dumping_of
            from services.catalog.exchange.opendata import command as open_data
            from services.catalog.settings import CatalogSettings

            sys.exit(open_data.run(partial(dumping_of, settings=CatalogSettings())))
        case _:
            from services.catalog.app import SERVICE
            from shared.roles import main

            main(SERVICE)
