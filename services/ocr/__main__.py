"""`python -m services.ocr api | relay | worker documents | worker reading`"""

from services.ocr.app import SERVICE
from shared.roles import main

main(SERVICE)
