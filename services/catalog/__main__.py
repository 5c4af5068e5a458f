"""`python -m services.catalog api | relay | worker NAME | loop NAME | import | match | authorities | dump`.

Without words it names all.
"""

import sys
from functools import partial

from services.catalog.authorities import ready
from services.catalog.imports import command
from services.catalog.indexes import ensure_indexes
from services.catalog.union import command as match

if __name__ == "__main__":
    if sys.argv[1:2] == ["import"]:
        sys.exit(command.run(sys.argv[2:], ensure_indexes))
    if sys.argv[1:2] == ["match"]:
        sys.exit(match.run(sys.argv[2:]))
    if sys.argv[1:] == ["authorities"]:
        sys.exit(ready.run(ensure_indexes))

    from services.catalog.app import SERVICE, dumping_of  # the commands above begin in half the time without
    from services.catalog.exchange.opendata import command as open_data
    from services.catalog.settings import CatalogSettings
    from shared.roles import main

    if sys.argv[1:] == ["dump"]:
        sys.exit(open_data.run(partial(dumping_of, settings=CatalogSettings())))
    main(SERVICE)
