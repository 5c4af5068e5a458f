"""`python -m services.ingest api | relay | worker steps | loop intake | loop malware`."""

from services.ingest.app import SERVICE
from shared.roles import main

main(SERVICE)
