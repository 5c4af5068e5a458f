"""`python -m services.notify api | relay | worker notices | loop sender`."""

from services.notify.app import SERVICE
from shared.roles import main

if __name__ == "__main__":
    main(SERVICE)
